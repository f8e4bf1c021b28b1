// Citations of the things that speak for or against a cause.
#pragma once

#include <string>

#include "report/diagnosis/citation.hpp"
#include "report/diagnosis/facts.hpp"

namespace hoplab::report::diagnosis {

/// "2026-01-05T12:01:00.155Z".
[[nodiscard]] std::string iso_of(std::int64_t ms);

[[nodiscard]] Citation cite_access_line(const Evidence& evidence, const CallLine& line,
                                        const std::string& says);
[[nodiscard]] Citation cite_answer(const Evidence& evidence, const AnswerLine& line,
                                   const std::string& says);
[[nodiscard]] Citation cite_end(const Evidence& evidence, const ContainerEnd& end);
[[nodiscard]] Citation cite_rule_loss(const Evidence& evidence, const RuleLoss& loss);
[[nodiscard]] Citation cite_way_change(const Evidence& evidence, const WayChange& change);
[[nodiscard]] Citation cite_machine_silence(const Evidence& evidence,
                                            const MachineSilence& silence);
[[nodiscard]] Citation cite_no_data(const Evidence& evidence, const NoData& none_seen);
[[nodiscard]] Citation cite_refusal(const Evidence& evidence, const Refusal& refusal);
[[nodiscard]] Citation cite_usage(const Evidence& evidence, const Usage& usage,
                                  const std::string& says);
/// As cite_usage(), of a datapoint that tells memory as well.
[[nodiscard]] Citation cite_memory(const Evidence& evidence, const Usage& usage,
                                   const std::string& says);
[[nodiscard]] Citation cite_container_usage(const Evidence& evidence, const ContainerUsage& usage,
                                            const std::string& says);
[[nodiscard]] Citation cite_credits(const Evidence& evidence, const CreditLevel& level);
[[nodiscard]] Citation cite_machine(const Evidence& evidence, const Machine& machine,
                                    const std::string& says);
[[nodiscard]] Citation cite_failed_call(const Evidence& evidence, const FailedCallLine& line,
                                        const std::string& says);
[[nodiscard]] Citation cite_counter(const Evidence& evidence, const CounterStep& step);
[[nodiscard]] Citation cite_remark(const Evidence& evidence, const Remark& remark);
/// No container of the service has an exit code, in any document.
[[nodiscard]] Citation cite_no_end(const Evidence& evidence, Index service);
/// ECS knows the task, and of no stop.
[[nodiscard]] Citation cite_task(const Evidence& evidence, Index task);
/// Somebody asked the task to stop.
[[nodiscard]] Citation cite_stop(const Evidence& evidence, Index task);

}  // namespace hoplab::report::diagnosis
