#include "report/diagnosis/cite.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/recording/json_text.hpp"
#include "sim/units.hpp"

namespace hoplab::report::diagnosis {
namespace {

Citation at_place(const Evidence& evidence, Place place, const std::string& says) {
  Citation citation;
  citation.file = evidence.files.at(place.file);
  citation.line = place.line;
  citation.says = says;
  return citation;
}

/// The flags as the log spells them; "" when one of them is none that we know, and when it spells
/// none.
std::string flags_text(std::uint16_t flags) {
  if ((flags & (flag_other | flag_untold)) != 0) return "";
  // In Envoy's order.
  constexpr std::pair<Flag, const char*> names[] = {
      {flag_uh, "UH"}, {flag_ut, "UT"}, {flag_lr, "LR"}, {flag_uf, "UF"},
      {flag_uc, "UC"}, {flag_uo, "UO"}, {flag_dc, "DC"}, {flag_urx, "URX"},
  };
  std::string text;
  for (const auto& [flag, name] : names) {
    if ((flags & flag) == 0) continue;
    if (!text.empty()) text += ',';
    text += name;
  }
  return text.empty() ? "-" : text;
}

}  // namespace

std::string iso_of(std::int64_t ms) {
  return sim::format_iso8601(sim::WallTime(std::chrono::milliseconds(ms)));
}

Citation cite_access_line(const Evidence& evidence, const CallLine& line, const std::string& says) {
  Citation citation = at_place(evidence, line.place, says);
  auto& fields = citation.claim.fields;
  fields.emplace_back("code", std::to_string(line.code));
  if (const auto flags = flags_text(line.flags); !flags.empty()) {
    fields.emplace_back("flags", flags);
  }
  fields.emplace_back("duration", std::to_string(line.duration_ms));
  fields.emplace_back("bytes_sent", std::to_string(line.bytes_sent));
  return citation;
}

Citation cite_answer(const Evidence& evidence, const AnswerLine& line, const std::string& says) {
  Citation citation = at_place(evidence, line.place, says);
  // FireLens puts the application's line into a record that names the revision.
  const std::string status = line.is_wrapped ? "log.status" : "status";
  citation.claim.fields.emplace_back(status, std::to_string(line.status));
  const Task& task = evidence.tasks[line.task];
  if (line.is_wrapped && !task.definition.empty()) {
    citation.claim.fields.emplace_back("ecs_task_definition", task.definition);
  }
  return citation;
}

Citation cite_end(const Evidence& evidence, const ContainerEnd& end) {
  const Task& task = evidence.tasks[end.task];
  std::string says =
      fmt::format("container {} of task {} ended at {}", end.container, task.id, iso_of(end.at_ms));
  if (end.has_exit_code) says += fmt::format(" with exit code {}", end.exit_code);
  says += end.reason.empty() ? ", no reason given" : ": " + end.reason;
  Citation citation = at_place(evidence, end.place, says);
  const std::string path = "containers[" + end.container + "].";
  citation.claim.contains.push_back(task.id);
  if (end.has_exit_code) {
    citation.claim.fields.emplace_back(path + "exitCode", std::to_string(end.exit_code));
  }
  citation.claim.fields.emplace_back(path + "lastStatus", "STOPPED");
  if (!end.reason.empty()) citation.claim.fields.emplace_back(path + "reason", end.reason);
  return citation;
}

Citation cite_rule_loss(const Evidence& evidence, const RuleLoss& loss) {
  Citation citation = at_place(evidence, loss.after,
                               fmt::format("security group {} has lost the rule \"{}\" at {}",
                                           loss.group, loss.rule, iso_of(loss.at_ms)));
  citation.claim.contains.push_back(loss.group);
  citation.claim.fields.emplace_back("at", iso_of(loss.at_ms));
  return citation;
}

Citation cite_way_change(const Evidence& evidence, const WayChange& change) {
  Citation citation =
      at_place(evidence, change.place,
               fmt::format("{} {} has changed at {}: \"{}\"{}",
                           change.is_acl ? "network ACL" : "route table", change.id,
                           iso_of(change.at_ms), change.what,
                           change.what.find("denies") == std::string::npos &&
                                   change.what.find("blackhole") == std::string::npos
                               ? " is gone"
                               : ""));
  citation.claim.contains.push_back(change.id);
  citation.claim.fields.emplace_back("at", iso_of(change.at_ms));
  return citation;
}

Citation cite_machine_silence(const Evidence& evidence, const MachineSilence& silence) {
  if (silence.is_status_check) {
    Citation citation = at_place(evidence, silence.place, "EC2 cannot reach the machine");
    citation.metric = "AWS/EC2 StatusCheckFailed";
    citation.at = iso_of(silence.at_ms);
    const auto ec2 = evidence.ec2_of_host.find(silence.instance);
    if (ec2 != evidence.ec2_of_host.end()) citation.claim.contains.push_back(ec2->second);
    return citation;
  }
  Citation citation = at_place(evidence, silence.place,
                               fmt::format("ECS has lost the agent of container instance {} at {}",
                                           silence.instance, iso_of(silence.at_ms)));
  citation.claim.contains.push_back(silence.instance);
  citation.claim.fields.emplace_back("agentConnected", "false");
  return citation;
}

Citation cite_no_data(const Evidence& evidence, const NoData& none_seen) {
  Citation citation =
      at_place(evidence, none_seen.place,
               fmt::format("no packet reached or left the interface of {}'s task in this interval",
                           evidence.service_name(evidence.service_of(none_seen.at))));
  citation.claim.contains = {none_seen.interface, " NODATA"};
  return citation;
}

Citation cite_refusal(const Evidence& evidence, const Refusal& refusal) {
  const Task& at = evidence.tasks[refusal.at];
  const Task& peer = evidence.tasks[refusal.peer];
  Citation citation =
      at_place(evidence, refusal.place,
               fmt::format("the interface of {}'s task refused packets {} {}'s",
                           evidence.service_name(at.service), refusal.is_arriving ? "from" : "to",
                           evidence.service_name(peer.service)));
  citation.claim.contains = {refusal.interface, " REJECT "};
  return citation;
}

Citation cite_usage(const Evidence& evidence, const Usage& usage, const std::string& says) {
  Citation citation = at_place(evidence, usage.place, says);
  citation.metric = usage.metric;
  citation.at = iso_of(usage.at_ms);
  citation.claim.contains.push_back(usage.task != none    ? evidence.tasks[usage.task].id
                                    : !usage.host.empty() ? usage.host
                                                          : evidence.service_name(usage.service));
  return citation;
}

Citation cite_memory(const Evidence& evidence, const Usage& usage, const std::string& says) {
  Citation citation = cite_usage(evidence, usage, says);
  if (usage.task != none) citation.metric = "ECS/ContainerInsights MemoryUtilized";
  return citation;
}

Citation cite_container_usage(const Evidence& evidence, const ContainerUsage& usage,
                              const std::string& says) {
  Citation citation = at_place(evidence, usage.place, says);
  citation.metric = "ECS/ContainerInsights CpuUtilized";
  citation.at = iso_of(usage.at_ms);
  citation.claim.contains.push_back(evidence.tasks[usage.task].id);
  citation.claim.fields.emplace_back("ContainerName", usage.container);
  return citation;
}

Citation cite_credits(const Evidence& evidence, const CreditLevel& level) {
  Citation citation = at_place(evidence, level.place,
                               fmt::format("CPU credits of the machine: {}.{:03} left",
                                           level.thousandths / 1000, level.thousandths % 1000));
  citation.metric = "AWS/EC2 CPUCreditBalance";
  citation.at = iso_of(level.at_ms);
  citation.claim.contains.push_back(level.host);
  citation.claim.fields.emplace_back("MetricName", "CPUCreditBalance");
  return citation;
}

Citation cite_machine(const Evidence& evidence, const Machine& machine, const std::string& says) {
  Citation citation = at_place(evidence, machine.place, says);
  citation.claim.fields.emplace_back("attributes[ecs.instance-type].value", machine.type);
  return citation;
}

Citation cite_failed_call(const Evidence& evidence, const FailedCallLine& line,
                          const std::string& says) {
  Citation citation = at_place(evidence, line.place, says);
  citation.claim.contains = {"\"to\":" + recording::json_string(evidence.authorities[line.to]),
                             fmt::format("\"status\":{}", line.status)};
  if (line.error != none) {
    citation.claim.contains.push_back(recording::json_string(evidence.errors[line.error]));
  }
  return citation;
}

Citation cite_counter(const Evidence& evidence, const CounterStep& step) {
  Citation citation = at_place(evidence, step.place,
                               fmt::format("counter {} of {} grew by {}",
                                           step.is_connect_timeout ? "upstream_cx_connect_timeout"
                                                                   : "upstream_cx_connect_fail",
                                           step.cluster, step.by));
  citation.claim.contains = {
      step.is_connect_timeout ? "upstream_cx_connect_timeout" : "upstream_cx_connect_fail",
      step.cluster, fmt::format(":{}|c", step.by)};
  citation.metric = citation.claim.contains.front();
  citation.at = iso_of(step.at_ms);
  return citation;
}

Citation cite_remark(const Evidence& evidence, const Remark& remark) {
  const auto message = recording::json_member(remark.text, "msg");
  const std::string text =
      message ? recording::json_unquoted(*message).value_or(remark.text) : remark.text;
  Citation citation = at_place(
      evidence, remark.first,
      fmt::format("the application of {} says on {}: \"{}\"{}",
                  evidence.service_name(evidence.service_of(remark.task)),
                  remark.is_stderr ? "stderr" : "stdout", text,
                  remark.count > 1 ? fmt::format(" ({} lines like it)", remark.count) : ""));
  citation.claim.contains.push_back(text);
  return citation;
}

Citation cite_no_end(const Evidence& evidence, Index service) {
  Citation citation;
  citation.file = "ecs/tasks.jsonl";
  citation.says = fmt::format("no container of {} has ended", evidence.service_name(service));
  citation.claim.contains = {"\"group\":\"service:" + evidence.service_name(service) + "\"",
                             "\"exitCode\""};
  citation.claim.count = 0;
  return citation;
}

Citation cite_task(const Evidence& evidence, Index task) {
  const Task& known = evidence.tasks[task];
  Citation citation =
      at_place(evidence, known.place,
               fmt::format("task {} at {} runs, to ECS", known.id,
                           known.address.empty() ? "an unknown address" : known.address));
  citation.claim.contains.push_back(known.id);
  citation.claim.fields.emplace_back("desiredStatus", "RUNNING");
  return citation;
}

Citation cite_stop(const Evidence& evidence, Index task) {
  const Task& stopped = evidence.tasks[task];
  Citation citation = at_place(evidence, stopped.asked_to_stop,
                               fmt::format("task {} was asked to stop at {} ({})", stopped.id,
                                           iso_of(stopped.asked_to_stop_ms), stopped.stop_reason));
  citation.claim.contains.push_back(stopped.id);
  citation.claim.fields.emplace_back("desiredStatus", "STOPPED");
  return citation;
}

}  // namespace hoplab::report::diagnosis
