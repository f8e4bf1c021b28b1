// What an application tells of a request: its segment, its lines, its figures.
#include <fmt/format.h>

#include <iterator>

#include "models/app/application.hpp"

namespace hoplab::models::app {
namespace {

/// As the runtime of a common language says it.
std::string text_of(CallTrouble trouble, std::string_view authority) {
  const std::string_view host = authority.substr(0, authority.find(':'));
  if (trouble == CallTrouble::no_such_name) return fmt::format("getaddrinfo ENOTFOUND {}", host);
  if (trouble == CallTrouble::no_resolver) return fmt::format("getaddrinfo EAI_AGAIN {}", host);
  return fmt::format("connect EADDRNOTAVAIL {}", authority);
}

std::int64_t milliseconds(sim::Duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

}  // namespace

// --- Segments ---------------------------------------------------------------------------------

// An exception that nobody catches is the segment's cause: the SDK wraps the handler.
void Application::write_segment(Job& job, int status, sim::Bytes sent) {
  if (job.failing != nullptr) job.segment->exception = job.failing->text;
  if (job.broken != nullptr) job.segment->exception = job.broken->text;
  spec_.tracer->write(*job.segment, job.request, job.client, status, sent);
  job.segment.reset();
}

std::string Application::exception_of(const OutgoingCall& call, const CallResult& result) const {
  if (result.trouble != CallTrouble::none) {
    return text_of(result.trouble, spec_.names->text(call.request.authority));
  }
  if (!result.timed_out) return "socket hang up";
  return fmt::format("timeout of {}ms exceeded", milliseconds(*call.spec->timeout));
}

// --- Log lines --------------------------------------------------------------------------------

void Application::begin_line(std::string_view level, std::string_view message, const Job& job) {
  line_ = R"({"time":")";
  time_text_.append(line_, spec_.clock.at(engine_.now()));
  line_ += R"(","level":")";
  line_ += level;
  line_ += R"(","msg":")";
  line_ += message;
  line_ += R"(","transactionId":")";
  http::append_uuid(line_, job.request.id);
  if (job.request.trace.decision == http::Trace::Decision::absent) return;
  line_ += "\",\"traceId\":\"";
  http::append_trace_id(line_, job.request);
}

void Application::tell_otel(OtelSdk::Severity severity, std::string_view body, const Job& job) {
  if (spec_.otel == nullptr) return;
  spec_.otel->log({.severity = severity,
                   .body = body,
                   .request = &job.request,
                   .span = job.segment ? job.segment->id : 0,
                   .status = severity == OtelSdk::Severity::info ? job.status : 0});
}

void Application::log_request(const Job& job) {
  if (spec_.otel != nullptr) {
    spec_.otel->request_ended(job.request, job.status, engine_.now() - job.began);
    tell_otel(OtelSdk::Severity::info, "request handled", job);
  }
  if (spec_.log == nullptr) return;
  begin_line("info", "request handled", job);
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(engine_.now() - job.began).count();
  line_ += R"(","method":")";
  line_ += spec_.names->text(job.request.method);
  line_ += R"(","path":")";
  line_ += spec_.names->text(job.request.path);
  line_ += R"(","status":)";
  line_.append_number(job.status);
  line_ += R"(,"durationMs":)";
  line_.append_number(microseconds / 1000);
  line_ += '.';
  for (const int unit : {100, 10, 1}) {
    line_ += static_cast<char>('0' + microseconds / unit % 10);
  }
  if (job.wrong != nullptr) {
    line_ += ",\"answer\":\"";
    telemetry::append_json_escaped(line_, job.wrong->text);
    line_ += "\",\"expected\":\"";
    telemetry::append_json_escaped(line_, job.wrong->expected);
    line_ += '"';
  }
  line_ += '}';
  spec_.log->write(telemetry::LogDriver::Source::standard_output, line_);
}

// The one line that names the cause.
void Application::log_bug(const Job& job, const Bug& bug) {
  const bool is_slow = bug.kind == Bug::Kind::slow;
  tell_otel(is_slow ? OtelSdk::Severity::warn : OtelSdk::Severity::error, bug.text, job);
  if (spec_.log == nullptr) return;
  sim::Text text;
  telemetry::append_json_escaped(text, bug.text);
  begin_line(is_slow ? "warn" : "error", text, job);
  fmt::format_to(std::back_inserter(line_), R"(","path":"{}","durationMs":{}}})",
                 spec_.names->text(job.request.path), milliseconds(engine_.now() - job.began));
  spec_.log->write(telemetry::LogDriver::Source::standard_error, line_);
}

void Application::log_call_failure(const Job& job, const OutgoingCall& call,
                                   const CallResult& result) {
  tell_otel(OtelSdk::Severity::error, "call failed", job);
  if (spec_.log == nullptr) return;
  begin_line("error", "call failed", job);
  fmt::format_to(std::back_inserter(line_),
                 R"(","to":"{}","path":"{}","status":{},"timedOut":{},"durationMs":{})",
                 call.spec->to, call.spec->path, result.status, result.timed_out,
                 milliseconds(engine_.now() - result.began));
  if (result.trouble != CallTrouble::none) {
    fmt::format_to(std::back_inserter(line_), R"(,"error":"{}")",
                   text_of(result.trouble, spec_.names->text(call.request.authority)));
  }
  line_ += '}';
  spec_.log->write(telemetry::LogDriver::Source::standard_error, line_);
}

}  // namespace hoplab::models::app
