// Which packets an interface refused, and when it had none, by VPC Flow Logs.
#include <array>
#include <charconv>
#include <map>

#include "report/diagnosis/line_file.hpp"
#include "report/diagnosis/reading.hpp"

namespace hoplab::report::diagnosis {
namespace {

constexpr std::size_t refusals_max = 10'000;

/// version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end
/// action log-status
constexpr std::size_t fields = 14;
using Fields = std::array<std::string_view, fields>;

/// False where there are fewer.
bool split(std::string_view line, Fields& words) {
  for (std::string_view& word : words) {
    const std::size_t space = line.find(' ');
    if (line.empty()) return false;
    word = line.substr(0, space);
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  }
  return true;
}

std::int64_t milliseconds(std::string_view seconds) {
  std::int64_t value = 0;
  std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
  return value * 1000;
}

}  // namespace

void read_flow_logs(const std::filesystem::path& recording, Reading& reading) {
  Evidence& evidence = reading.evidence;
  const std::filesystem::path path = recording / "vpc" / "flow-logs.log";
  if (!std::filesystem::exists(path)) return;
  evidence.has_flow_logs = true;
  std::map<std::string, Index, std::less<>> by_interface;
  for (std::size_t task = 0; task < evidence.tasks.size(); ++task) {
    by_interface.emplace(evidence.tasks[task].interface, static_cast<Index>(task));
  }
  const std::uint32_t file = reading.file("vpc/flow-logs.log");
  LineFile lines(path);
  std::string_view line;
  Fields words;
  while (lines.next(line) && evidence.refusals.size() < refusals_max) {
    const bool is_silence = line.ends_with(" NODATA");
    const bool is_refusal = line.find(" REJECT ") != std::string_view::npos;
    if ((!is_silence && !is_refusal) || !split(line, words)) continue;
    const auto at = by_interface.find(words[2]);
    if (at == by_interface.end()) continue;
    const Place place{file, lines.number()};
    if (is_silence) {
      evidence.no_data.push_back({at->second, milliseconds(words[10]), milliseconds(words[11]),
                                  std::string(words[2]), place});
      continue;
    }
    Refusal refusal;
    refusal.at = at->second;
    refusal.is_arriving = words[4] == evidence.tasks[refusal.at].address;
    const auto peer = reading.address_index.find(refusal.is_arriving ? words[3] : words[4]);
    if (peer == reading.address_index.end()) continue;
    refusal.peer = peer->second;
    refusal.first_ms = milliseconds(words[10]);
    refusal.last_ms = milliseconds(words[11]);
    refusal.interface = words[2];
    refusal.place = place;
    evidence.refusals.push_back(std::move(refusal));
  }
}

}  // namespace hoplab::report::diagnosis
