#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "report/live/http.hpp"
#include "report/live/sender.hpp"

namespace hoplab::report::live {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t request_size = std::size_t{1024} * 1024;

/// What opens a document of each signal, by message kind; all end in "]}".
constexpr std::array<std::string_view, 3> openings = {
    "{\"resourceSpans\":[", "{\"resourceMetrics\":[", "{\"resourceLogs\":["};

/// The list of resources in a document; nothing where it does not look like one of ours.
std::optional<std::string_view> resources_of(std::string_view json, MessageKind kind) {
  constexpr std::string_view end = "]}";
  const std::string_view opening = openings[kind];
  if (!json.starts_with(opening) || !json.ends_with(end)) return std::nullopt;
  const auto inside = json.substr(opening.size(), json.size() - opening.size() - end.size());
  return inside.empty() ? std::nullopt : std::optional(inside);
}

class OtlpSender final : public Sender {
 public:
  OtlpSender(const Target& target, const Address& address)
      : path_(target.path + "/v1/"), client_(address, authority_of(target)) {}

  void send(const Batch& batch, Delivery& delivery) override {
    std::string_view rest = batch.bytes;
    for (const Batch::Entry& entry : batch.entries) {
      add(entry.kind, rest.substr(0, entry.size), delivery);
      rest.remove_prefix(entry.size);
    }
    flush(delivery);
  }

 private:
  static std::string authority_of(const Target& target) {
    const bool is_six = target.host.find(':') != std::string::npos;
    return fmt::format(fmt::runtime(is_six ? "[{}]:{}" : "{}:{}"), target.host, target.port);
  }

  void add(MessageKind kind, std::string_view json, Delivery& delivery) {
    const auto resources = resources_of(json, kind);
    // What has been sent still stands in `body_`, and nothing may join it.
    const bool joins = resources && kind == kind_ && documents_ > 0 && is_joinable_ &&
                       body_.size() + json.size() <= request_size;
    if (joins) {
      body_.resize(body_.size() - 2);  // Its "]}".
      body_ += ',';
      body_ += *resources;
      body_ += "]}";
      ++documents_;
      return;
    }
    flush(delivery);
    kind_ = kind;
    is_joinable_ = resources.has_value();
    body_ = json;
    documents_ = 1;
  }

  void flush(Delivery& delivery) {
    if (documents_ == 0) return;
    const std::string path = path_ + std::string(otlp_signals[kind_]);
    while (delivery.goes_on()) {
      const auto answer = client_.post(path, body_, 5s, [&delivery] { return delivery.goes_on(); });
      if (answer.status / 100 == 2) {
        delivery.count_sent(std::exchange(documents_, 0));
        return delivery.note_success();
      }
      if (!delivery.goes_on()) break;
      const bool is_final = answer.status != 0 && !may_be_repeated(answer.status);
      delivery.note_trouble(answer.status == 0 ? answer.trouble
                                               : fmt::format("it answered {}", answer.status));
      if (is_final) break;
      delivery.pause(1s);
    }
    delivery.count_lost(std::exchange(documents_, 0));
  }

  static bool may_be_repeated(int status) {
    constexpr std::array repeatable = {429, 502, 503, 504};
    return std::ranges::find(repeatable, status) != repeatable.end();
  }

  std::string path_;
  HttpClient client_;
  MessageKind kind_ = 0;
  std::string body_;
  bool is_joinable_ = false;
  std::uint64_t documents_ = 0;  ///< In `body_`.
};

}  // namespace

std::unique_ptr<Sender> make_otlp_sender(const Target& target, const Address& address) {
  return std::make_unique<OtlpSender>(target, address);
}

}  // namespace hoplab::report::live
