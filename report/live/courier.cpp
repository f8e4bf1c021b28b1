#include "report/live/courier.hpp"

#include <utility>

namespace hoplab::report::live {
namespace {

using namespace std::chrono_literals;

}  // namespace

Courier::Courier(Target target, std::unique_ptr<Sender> sender, sim::Bytes room)
    : target_(std::move(target)),
      sender_(std::move(sender)),
      outbox_(room),
      thread_([this] { run(); }) {}

Courier::~Courier() {
  outbox_.close();
  delivery_.stop();
  if (thread_.joinable()) thread_.join();
}

void Courier::put_patiently(MessageKind kind, std::string_view text) {
  constexpr auto patience = 2s;
  if (delivery_.is_failing()) {
    outbox_.put(kind, text);
  } else {
    outbox_.put_within(kind, text, patience);
  }
}

Outcome Courier::finish(Wall::time_point deadline, const std::function<bool()>& goes_on) {
  constexpr auto look_every = 5ms;
  constexpr auto grace = 2500ms;  // Time for two more tries.
  outbox_.close();
  const auto patience_of_failing = Wall::now() + grace;
  const auto is_hopeless = [&] {
    return delivery_.is_failing() && Wall::now() >= patience_of_failing;
  };
  while (!is_over_ && !is_hopeless() && Wall::now() < deadline && goes_on()) {
    delivery_.pause(look_every);
  }
  if (!is_over_) delivery_.stop();
  if (thread_.joinable()) thread_.join();
  return {target_, delivery_.sent(), outbox_.dropped(), delivery_.lost(), delivery_.trouble()};
}

void Courier::run() {
  Batch batch;
  while (delivery_.goes_on() && outbox_.take(batch)) sender_->send(batch, delivery_);
  delivery_.count_lost(outbox_.discard());
  is_over_ = true;
}

}  // namespace hoplab::report::live
