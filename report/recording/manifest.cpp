#include "report/recording/manifest.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <set>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/recording/file_trouble.hpp"
#include "report/recording/json_text.hpp"

namespace hoplab::report::recording {
namespace fs = std::filesystem;

std::string to_json(const Manifest& manifest) {
  std::string out = fmt::format(
      "{{\n\"schema\":\"{}\",\n\"scenario\":{{\"name\":{},\"digest\":{}}},\n", manifest_schema,
      json_string(manifest.scenario_name), json_string(manifest.scenario_digest));
  out +=
      fmt::format("\"seed\":{},\n\"version\":{},\n", manifest.seed, json_string(manifest.version));
  out += fmt::format("\"simulated\":{{\"from\":\"{}\",\"to\":\"{}\"}},\n\"files\":[",
                     manifest.simulated_from, manifest.simulated_to);
  const char* separator = "\n";
  for (const auto& file : manifest.files) {
    out += fmt::format("{}{{\"path\":{},\"size\":{},\"xxh3-128\":\"{}\"}}", separator,
                       json_string(file.path), file.size, file.digest);
    separator = ",\n";
  }
  return out + "\n]\n}\n";
}

std::string read_file(const fs::path& path) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
  if (file == nullptr) fail_with_errno("read", path.string(), errno);
  std::string text;
  char block[64 * 1024];
  while (const std::size_t count = std::fread(block, 1, sizeof block, file.get())) {
    text.append(block, count);
  }
  if (std::ferror(file.get()) != 0) fail_with_errno("read", path.string(), errno);
  return text;
}

std::optional<Manifest> read_manifest(const fs::path& folder) {
  const fs::path path = folder / manifest_name;
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return std::nullopt;
  const auto json = nlohmann::json::parse(read_file(path), nullptr, false);
  if (!json.is_object() || json.value("schema", "") != manifest_schema) return std::nullopt;
  try {
    Manifest manifest;
    manifest.scenario_name = json.at("scenario").at("name");
    manifest.scenario_digest = json.at("scenario").at("digest");
    manifest.seed = json.at("seed");
    manifest.version = json.at("version");
    manifest.simulated_from = json.at("simulated").at("from");
    manifest.simulated_to = json.at("simulated").at("to");
    for (const auto& file : json.at("files")) {
      manifest.files.push_back({file.at("path"), file.at("size"), file.at("xxh3-128")});
    }
    return manifest;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

std::vector<std::string> foreign_files(const fs::path& folder, const Manifest& manifest) {
  std::set<std::string> listed{std::string(manifest_name)};
  for (const auto& file : manifest.files) listed.insert(file.path);
  std::vector<std::string> foreign;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_directory() && !entry.is_symlink()) continue;
    const std::string path = entry.path().lexically_relative(folder).generic_string();
    if (!listed.contains(path)) foreign.push_back(path);
  }
  std::sort(foreign.begin(), foreign.end());
  return foreign;
}

std::vector<std::string> differences(const fs::path& folder, const Manifest& manifest) {
  std::vector<std::string> found;
  for (const auto& path : foreign_files(folder, manifest)) found.push_back(path + ": not listed");
  for (const auto& file : manifest.files) {
    std::error_code ignored;
    if (!fs::is_regular_file(folder / file.path, ignored)) {
      found.push_back(file.path + ": missing");
      continue;
    }
    const std::string bytes = read_file(folder / file.path);
    if (bytes.size() != file.size) {
      found.push_back(fmt::format("{}: {} bytes, not {}", file.path, bytes.size(), file.size));
    } else if (digest_of(bytes) != file.digest) {
      found.push_back(file.path + ": other bytes than were written");
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace hoplab::report::recording
