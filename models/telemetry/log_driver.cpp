#include "models/telemetry/log_driver.hpp"

#include "sim/plain_text.hpp"

namespace hoplab::models::telemetry {
namespace {

using namespace std::chrono_literals;

constexpr Duration awslogs_batch = 5s;
constexpr Duration fluent_bit_flush = 1s;

}  // namespace

void append_json_escaped(sim::Text& out, std::string_view text) {
  if (sim::plain_until(text, 0) == text.size()) {  // Most names are.
    out += text;
    return;
  }
  sim::PieceWriter pieces(out);
  std::size_t i = pieces.spell(text, 0, sim::json_spellings);
  for (; i < text.size(); i = pieces.spell(text, i, sim::json_spellings)) pieces.put(text[i++]);
}

LogDriver::LogDriver(const sim::Engine& engine, Sink& sink, LogStreamId stream, HostClock clock)
    : engine_(engine), sink_(sink), stream_(stream), clock_(clock), batch_(awslogs_batch) {}

LogDriver::LogDriver(const sim::Engine& engine, Sink& sink, LogStreamId stream, HostClock clock,
                     const FireLensMetadata& metadata)
    : engine_(engine), sink_(sink), stream_(stream), clock_(clock), batch_(fluent_bit_flush) {
  sim::Text members;
  const auto add = [&members](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    members += ",\"";
    members += key;
    members += "\":\"";
    append_json_escaped(members, value);
    members += '"';
  };
  add("container_id", metadata.container_id);
  add("container_name", metadata.container_name);
  add("ecs_cluster", metadata.cluster);
  add("ecs_task_arn", metadata.task_arn);
  add("ecs_task_definition", metadata.task_definition);
  add("ec2_instance_id", metadata.instance_id);
  firelens_ = sink.declare_firelens(members);
}

void LogDriver::write(Source source, std::string_view line) {
  ++lines_written_;
  const SimTime now = engine_.now();
  const Duration into_batch = now.time_since_epoch() % batch_;
  const SimTime published = now + (batch_ - into_batch);
  // CloudWatch's own clock is true; the event's time stamp is the host's.
  const WallTime ingestion = clock_.zero + published.time_since_epoch();
  sink_.log(stream_, {clock_.at(now), ingestion, line, source, firelens_});
}

std::string_view firelens_head(LogSource source) {
  return source == LogSource::standard_output ? R"({"source":"stdout","log":")"
                                              : R"({"source":"stderr","log":")";
}

void append_firelens_record(sim::Text& out, LogSource source, std::string_view line,
                            std::string_view members) {
  out += firelens_head(source);
  append_json_escaped(out, line);
  out += '"';
  out += members;
  out += '}';
}

}  // namespace hoplab::models::telemetry
