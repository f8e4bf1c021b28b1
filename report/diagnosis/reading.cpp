#include "report/diagnosis/reading.hpp"

#include "report/recording/file_trouble.hpp"

namespace hoplab::report::diagnosis {
namespace {

template <typename Names>
Index index_of(std::map<std::string, Index, std::less<>>& index, Names& names,
               std::string_view name) {
  if (const auto found = index.find(name); found != index.end()) return found->second;
  if (names.size() >= none) return none;
  const auto added = static_cast<Index>(names.size());
  names.emplace_back(name);
  index.emplace(std::string(name), added);
  return added;
}

}  // namespace

std::uint32_t Reading::file(const std::string& path) {
  evidence.files.push_back(path);
  return static_cast<std::uint32_t>(evidence.files.size() - 1);
}
Index Reading::service(const std::string& name) {
  return index_of(service_index, evidence.services, name);
}
Index Reading::authority(std::string_view name) {
  return index_of(authority_index, evidence.authorities, name);
}
Index Reading::error(std::string_view text) { return index_of(error_index, evidence.errors, text); }

Evidence read_evidence(const std::filesystem::path& recording, std::size_t records_max) {
  if (!std::filesystem::is_directory(recording)) {
    if (std::filesystem::exists(recording)) {
      throw recording::BadRecording(recording.string() + " is not a recording: no directory");
    }
    throw recording::FileTrouble("cannot read " + recording.string() + ": no such directory");
  }
  if (!std::filesystem::is_directory(recording / "logs")) {
    throw recording::BadRecording(recording.string() + " is not a recording: no logs/ in it");
  }
  Reading reading;
  read_definitions(recording, reading);
  read_log_formats(recording, reading);
  read_tasks(recording, reading);
  read_machines(recording, reading);
  read_security_groups(recording, reading);
  read_ways(recording, reading);
  read_flow_logs(recording, reading);
  read_logs(recording, records_max, reading);
  read_counters(recording, reading);
  read_metrics(recording, reading);
  read_segments(recording, reading);
  return std::move(reading.evidence);
}

}  // namespace hoplab::report::diagnosis
