#include "report/xray/segment.hpp"

#include <charconv>
#include <cmath>
#include <vector>

namespace hoplab::report::xray {
namespace {

std::optional<std::uint64_t> hex(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

/// The year 2100 as seconds: what lies outside is no time of a segment.
constexpr double seconds_max = 4.1e9;

class Reader {
 public:
  Reader(std::string_view document, TextStore& store) : cursor_(document), store_(store) {}

  bool read(std::vector<Segment>& found) {
    if (cursor_.peek() != '{') return false;
    Segment segment;
    read_one(segment, found, 0);
    return is_good_ && !cursor_.has_failed() && cursor_.is_at_end();
  }

 private:
  static constexpr std::size_t segments_max = 10'000;  // A document has 64 kB in X-Ray.

  /// Reads one and puts it, then its subsegments, behind what was found.
  void read_one(Segment& segment, std::vector<Segment>& found, std::uint64_t container) {
    const std::size_t place = found.size();
    if (place == segments_max) {
      is_good_ = false;
      return cursor_.skip();
    }
    found.emplace_back();
    std::string_view inside;
    bool has_end = false;
    cursor_.members([&](std::string_view name) {
      if (name == "subsegments") {
        inside = cursor_.raw();
      } else {
        read_member(name, segment, has_end);
      }
    });
    if (container != 0) {
      segment.parent = container;
      segment.is_subsegment = true;
    }
    settle(segment, has_end, container != 0);
    found[place] = segment;
    if (!inside.empty()) read_inside(inside, segment, found);
  }

  void read_inside(std::string_view inside, const Segment& segment, std::vector<Segment>& found) {
    const JsonCursor outer = cursor_;
    cursor_ = JsonCursor(inside);
    cursor_.elements([&] {
      Segment part;
      part.trace = segment.trace;
      if (++depth_ > JsonCursor::depth_max) is_good_ = false;
      if (is_good_) read_one(part, found, segment.id);
      --depth_;
    });
    if (cursor_.has_failed()) is_good_ = false;
    cursor_ = outer;
  }

  void settle(Segment& segment, bool has_end, bool is_inside) {
    if (!has_end) segment.is_in_progress = true;
    if (segment.is_in_progress && !has_end) segment.end = segment.start;
    if (segment.end < segment.start) segment.end = segment.start;  // Clocks that were set.
    // X-Ray keeps traces for 30 days.
    if (segment.duration() > std::chrono::hours(24 * 30)) is_good_ = false;
    const bool has_names = segment.id != 0 && !segment.name.empty();
    if (!has_names || segment.start.count() == 0) is_good_ = false;
    if (!is_inside && segment.trace == TraceId{}) is_good_ = false;
  }

  std::uint64_t id() {
    const auto value = hex(cursor_.string(store_));
    if (!value) is_good_ = false;
    return value.value_or(0);
  }

  sim::Duration instant() {
    const double seconds = cursor_.number();
    if (!(seconds > 0 && seconds < seconds_max)) is_good_ = false;
    if (!is_good_) return {};
    return std::chrono::microseconds(std::llround(seconds * 1e6));
  }

  void read_member(std::string_view name, Segment& segment, bool& has_end) {
    if (name == "id") {
      segment.id = id();
    } else if (name == "parent_id") {
      segment.parent = id();
    } else if (name == "trace_id") {
      const auto trace = parse_trace_id(cursor_.string(store_));
      if (!trace) is_good_ = false;
      segment.trace = trace.value_or(TraceId{});
    } else if (name == "start_time") {
      segment.start = instant();
    } else if (name == "end_time") {
      segment.end = instant();
      has_end = true;
    } else if (name == "http") {
      read_http(segment);
    } else if (name == "aws") {
      read_aws(segment);
    } else if (name == "annotations") {
      read_annotations(segment);
    } else {
      read_small_member(name, segment);
    }
  }

  void read_small_member(std::string_view name, Segment& segment) {
    if (name == "name") segment.name = cursor_.string(store_);
    if (name == "origin") segment.origin = cursor_.string(store_);
    if (name == "namespace") segment.name_space = cursor_.string(store_);
    if (name == "user") segment.user = cursor_.string(store_);
    if (name == "resource_arn") segment.resource_arn = cursor_.string(store_);
    if (name == "cause") segment.cause = cursor_.raw();
    if (name == "fault") segment.has_fault = cursor_.boolean();
    if (name == "error") segment.has_error = cursor_.boolean();
    if (name == "throttle") segment.has_throttle = cursor_.boolean();
    if (name == "in_progress") segment.is_in_progress = cursor_.boolean();
    if (name == "inferred") segment.is_inferred = cursor_.boolean();
    if (name == "type") segment.is_subsegment = cursor_.string(store_) == "subsegment";
    if (name == "sql") segment.is_database = cursor_.peek() == '{';
    if (name == "service") {
      cursor_.members([&](std::string_view member) {
        if (member == "version") segment.version = cursor_.string(store_);
      });
    }
  }

  void read_http(Segment& segment) {
    cursor_.members([&](std::string_view side) {
      if (side == "response") {
        cursor_.members([&](std::string_view member) {
          if (member != "status") return;
          const double status = cursor_.number();
          segment.status = status >= 0 && status < 1000 ? static_cast<int>(status) : 0;
        });
      } else if (side == "request") {
        cursor_.members([&](std::string_view member) {
          if (member == "url") segment.url = cursor_.string(store_);
          if (member == "method") segment.method = cursor_.string(store_);
          if (member == "user_agent") segment.user_agent = cursor_.string(store_);
          if (member == "client_ip") segment.client_ip = cursor_.string(store_);
        });
      }
    });
  }

  void read_aws(Segment& segment) {
    cursor_.members([&](std::string_view part) {
      if (part == "account_id") segment.account = cursor_.string(store_);
      if (part == "table_name") segment.table = cursor_.string(store_);
      if (part == "ecs") {
        cursor_.members([&](std::string_view member) {
          if (member == "container_arn") segment.container = cursor_.string(store_);
        });
      } else if (part == "ec2") {
        cursor_.members([&](std::string_view member) {
          if (member == "instance_id") segment.instance = cursor_.string(store_);
          if (member == "availability_zone") segment.zone = cursor_.string(store_);
        });
      }
    });
  }

  void read_annotations(Segment& segment) {
    segment.annotations = cursor_.raw();
    // An Envoy's direction decides what is beside what; of others nobody asks.
    JsonCursor inside(segment.annotations);
    if (inside.peek() != '{') segment.annotations = {};
    if (segment.annotations.empty()) return;
    inside.members([&](std::string_view name) {
      if (name != "direction") return;
      const std::string_view direction = inside.string(store_);
      segment.is_egress = direction == "egress";
      segment.is_ingress = direction == "ingress";
    });
  }

  JsonCursor cursor_;
  TextStore& store_;
  int depth_ = 0;
  bool is_good_ = true;
};

}  // namespace

sim::Duration TraceId::instant() const { return std::chrono::seconds(high >> 32U); }

std::optional<TraceId> parse_trace_id(std::string_view text) {
  std::string digits;
  if (text.size() == 35 && text.substr(0, 2) == "1-" && text[10] == '-') {
    digits.append(text.substr(2, 8)).append(text.substr(11));
  } else if (text.size() == 32) {
    digits = text;
  } else {
    return std::nullopt;
  }
  const auto high = hex(std::string_view(digits).substr(0, 16));
  const auto low = hex(std::string_view(digits).substr(16));
  if (!high || !low) return std::nullopt;
  return TraceId{*high, *low};
}

std::string entity_id_text(std::uint64_t id) {
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; id >>= 4U) text[i] = "0123456789abcdef"[id & 15U];
  return text;
}

std::string to_string(TraceId id) {
  const std::string high = entity_id_text(id.high);
  return "1-" + high.substr(0, 8) + "-" + high.substr(8) + entity_id_text(id.low);
}

bool read_segment(std::string_view document, TextStore& store,
                  const std::function<void(const Segment&)>& take) {
  thread_local std::vector<Segment> found;
  found.clear();
  if (!Reader(document, store).read(found)) return false;
  found.front().document = document;
  for (const Segment& segment : found) take(segment);
  return true;
}

void for_each_annotation(const Segment& segment,
                         const std::function<void(std::string_view, std::string_view)>& take) {
  if (segment.annotations.empty()) return;
  JsonCursor cursor(segment.annotations);
  cursor.members([&](std::string_view name) { take(name, cursor.raw()); });
}

void for_each_exception(const Segment& segment, TextStore& store,
                        const std::function<void(const Exception&)>& take) {
  if (segment.cause.empty() || segment.cause.front() != '{') return;
  JsonCursor cursor(segment.cause);
  cursor.members([&](std::string_view name) {
    if (name != "exceptions") return;
    cursor.elements([&] {
      Exception exception;
      cursor.members([&](std::string_view member) {
        if (member == "type") exception.type = cursor.string(store);
        if (member == "message") exception.message = cursor.string(store);
      });
      take(exception);
    });
  });
}

}  // namespace hoplab::report::xray
