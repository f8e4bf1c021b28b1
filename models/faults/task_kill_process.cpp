// A process of the task gets a signal.
//
// What a real operator sees: as the end of the container's main process with 128 + the signal: 137
// (SIGKILL, without any reason), 143 (SIGTERM, where the process does not ignore it), 139
// (SIGSEGV), 134 (SIGABRT). A process that runs as PID 1 without a handler does not even notice
// SIGTERM. SIGSTOP ends nothing: the process stands still until SIGCONT or SIGKILL. Its kernel
// accepts connections and takes bytes, so callers wait out their time-outs (504 UT); a stopped
// Envoy writes no line and sends no counter, its health check hears nothing, and at its end it
// exits with 137, since it does not hear SIGTERM either. A sidecar that stands still is not felt
// here.

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

int number_of(const std::string& signal) {
  constexpr std::pair<std::string_view, int> names[] = {{"SIGABRT", 6},  {"SIGKILL", 9},
                                                        {"SIGSEGV", 11}, {"SIGTERM", 15},
                                                        {"SIGCONT", 18}, {"SIGSTOP", 19}};
  for (const auto& [name, number] : names) {
    if (signal == name || signal == name.substr(3)) return number;
  }
  int number = 15;
  std::from_chars(signal.data(), signal.data() + signal.size(), number);
  return number;
}

class TaskKillProcess final : public Fault {
 public:
  explicit TaskKillProcess(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    const std::string name = text_parameter(spec_, "processName");
    const int signal = number_of(text_parameter(spec_, "signal"));
    for (TaskHandle* task : world.tasks(spec_)) task->signal_process(name, signal);
  }

  // A dead process stays dead, and a stopped one wants its own SIGCONT.
  void heal(Controls& /*world*/) override {}

 private:
  scenarios::Fault spec_;
};

}  // namespace

FaultKind task_kill_process() {
  using Type = scenarios::FaultAction::Type;
  return {
      {.action = "aws:ecs:task-kill-process",
       .target = scenarios::FaultAction::Target::service,
       .parameters = {{.name = "processName",
                       .type = Type::text,
                       .required = false,
                       .default_value = "app",
                       .meaning = "the container whose main process it is",
                       .minimum = 0,
                       .maximum = 0},
                      {.name = "signal",
                       .type = Type::text,
                       .required = false,
                       .default_value = "SIGTERM",
                       .meaning = "SIGTERM, SIGKILL, SIGSEGV, SIGABRT, SIGSTOP, SIGCONT "
                                  "or its number",
                       .minimum = 0,
                       .maximum = 0}},
       .symptom = "the container ends with 128 + the signal; PID 1 ignores SIGTERM; SIGSTOP: 504 "
                  "UT at the caller, and nothing at all of the process that stands still",
       .fis_equivalent = "aws:ecs:task-kill-process"},
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<TaskKillProcess>(spec);
      }};
}

}  // namespace hoplab::models::faults
