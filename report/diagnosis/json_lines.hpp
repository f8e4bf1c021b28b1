// JSON Lines files of documents, read with tolerance. Include in .cpp files only.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "report/diagnosis/reading.hpp"

namespace hoplab::report::diagnosis {

/// Calls `take` with each document of the file at `path` below the recording, and its place.
/// Documents that cannot be read, or not as `take` expects them, are counted as unreadable. Lines
/// that are not wanted are passed over unread; without `is_wanted`, all are. False when there is no
/// such file.
bool for_each_document(const std::filesystem::path& recording, const std::string& path,
                       Reading& reading,
                       const std::function<void(const nlohmann::json&, Place)>& take,
                       const std::function<bool(std::string_view)>& is_wanted = {});

/// The text of a member, or "" where it has none or is no string.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* member);
/// An instant in ISO 8601 or in seconds since 1970 as milliseconds; 0 where there is none.
[[nodiscard]] std::int64_t instant_of(const nlohmann::json& object, const char* member);
/// The part behind the last '/': a task's id of its ARN, "family:revision" of a definition's.
[[nodiscard]] std::string last_part(const std::string& arn);

}  // namespace hoplab::report::diagnosis
