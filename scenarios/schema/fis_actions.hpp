// The actions of AWS FIS on what is simulated here, whether they are themselves or not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hoplab::scenarios {

/// All of them, those of `aws:ssm:send-command` by their documents.
/// Source: AWS FIS User Guide, "AWS FIS actions reference" and "AWS FIS SSM documents".
[[nodiscard]] const std::vector<std::string>& fis_actions();

/// One of these, or a document AWSFIS-Run-* that is newer than the list.
[[nodiscard]] bool is_fis_action(std::string_view id);

/// An action that is over when it has begun: it has no duration in FIS. What it did stays done.
/// Source: AWS FIS User Guide, "AWS FIS actions reference".
[[nodiscard]] bool happens_at_once(std::string_view id);

}  // namespace hoplab::scenarios
