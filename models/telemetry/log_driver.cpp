#include "models/telemetry/log_driver.hpp"

#include "sim/plain_text.hpp"

namespace hoplab::models::telemetry {
namespace {

using namespace std::chrono_literals;

constexpr Duration awslogs_batch = 5s;
constexpr Duration fluent_bit_flush = 1s;

void put_escape(sim::PieceWriter& out, unsigned char letter) {
  constexpr std::string_view digits = "0123456789abcdef";
  out.put('\\');
  switch (letter) {
    case '"':
    case '\\':
      return out.put(static_cast<char>(letter));
    case '\n':
      return out.put('n');
    case '\t':
      return out.put('t');
    case '\r':
      return out.put('r');
    default:
      out.put("u00");
      out.put(digits[letter >> 4U]);
      out.put(digits[letter & 15U]);
  }
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  sim::PieceWriter pieces(out);
  for (std::size_t i = pieces.copy_plain(text, 0); i < text.size();
       i = pieces.copy_plain(text, i + 1)) {
    const auto letter = static_cast<unsigned char>(text[i]);
    if (letter >= 0x80) {
      pieces.put(text[i]);
    } else {
      put_escape(pieces, letter);
    }
  }
}

LogDriver::LogDriver(const sim::Engine& engine, Sink& sink, LogStreamId stream, HostClock clock)
    : engine_(engine), sink_(sink), stream_(stream), clock_(clock), batch_(awslogs_batch) {}

LogDriver::LogDriver(const sim::Engine& engine, Sink& sink, LogStreamId stream, HostClock clock,
                     const FireLensMetadata& metadata)
    : engine_(engine),
      sink_(sink),
      stream_(stream),
      clock_(clock),
      batch_(fluent_bit_flush),
      is_firelens_(true) {
  const auto add = [this](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    record_tail_ += ",\"";
    record_tail_ += key;
    record_tail_ += "\":\"";
    append_json_escaped(record_tail_, value);
    record_tail_ += '"';
  };
  add("container_id", metadata.container_id);
  add("container_name", metadata.container_name);
  add("ecs_cluster", metadata.cluster);
  add("ecs_task_arn", metadata.task_arn);
  add("ecs_task_definition", metadata.task_definition);
  add("ec2_instance_id", metadata.instance_id);
  record_tail_ += '}';
}

void LogDriver::write(Source source, std::string_view line) {
  ++lines_written_;
  if (!is_firelens_) return emit(line);
  record_ = source == Source::standard_output ? "{\"source\":\"stdout\",\"log\":\""
                                              : "{\"source\":\"stderr\",\"log\":\"";
  append_json_escaped(record_, line);
  record_ += '"';
  record_ += record_tail_;
  emit(record_);
}

void LogDriver::emit(std::string_view message) {
  const SimTime now = engine_.now();
  const Duration into_batch = now.time_since_epoch() % batch_;
  const SimTime published = now + (batch_ - into_batch);
  // CloudWatch's own clock is true; the event's time stamp is the host's.
  const WallTime ingestion = clock_.zero + published.time_since_epoch();
  sink_.log(stream_, {clock_.at(now), ingestion, message});
}

}  // namespace hoplab::models::telemetry
