#include "report/insights/steps.hpp"

#include <algorithm>

#include "report/recording/json_text.hpp"

namespace hoplab::report::insights {
namespace {

void set_missing(const Step& step, Frame& frame) {
  for (const std::size_t slot : step.slots) {
    if (slot != no_slot) frame.slots[slot] = Value();
  }
}

/// The text that a pattern is laid upon.
std::string_view parsed_text(const Value& value, Frame& frame) {
  const bool has_text = value.kind == Kind::text || value.kind == Kind::json;
  return has_text ? value.text : frame.arena.keep(shown(value));
}

void run_parse(const Step& step, Frame& frame) {
  set_missing(step, frame);
  const Value value = step.node->value(frame);
  if (value.is_missing()) return;
  const std::string_view text = parsed_text(value, frame);
  std::vector<std::string_view> parts(step.slots.size() + 1);
  const bool is_match =
      step.glob ? step.glob->capture(text, parts) : step.regular->capture(text, parts);
  if (!is_match) return;
  const std::size_t first = step.glob ? 0 : 1;  // An expression's first part is the whole match.
  for (std::size_t i = 0; i < step.slots.size(); ++i) {
    const std::string_view part = parts[i + first];
    if (step.slots[i] != no_slot && part.data() != nullptr) {
      frame.slots[step.slots[i]] = text_value(part);
    }
  }
}

void run_unnest(const std::vector<Step>& steps, std::size_t at, Frame& frame,
                const std::function<void()>& take) {
  const Step& step = steps[at];
  const Value list = step.node->value(frame);
  if (list.kind != Kind::json || !list.text.starts_with('[')) return;
  for_each_json_element(list.text, [&](std::string_view element) {
    frame.slots[step.slots.front()] = json_value(element, frame.arena);
    run_steps(steps, at + 1, frame, take);
    return true;
  });
}

constexpr std::string_view lambda_groups = "/aws/lambda/";

/// Of a spelt message that does not begin as a JSON object does, which most lines of proxies do
/// not.
bool has_no_object(const RawEvent& event) {
  constexpr std::string_view beginnings = "{ \t\r\n\\";
  return event.message.size() > 1 && beginnings.find(event.message[1]) == std::string_view::npos;
}

}  // namespace

void run_steps(const std::vector<Step>& steps, std::size_t first, Frame& frame,
               const std::function<void()>& take) {
  for (std::size_t i = first; i < steps.size(); ++i) {
    const Step& step = steps[i];
    switch (step.type) {
      case StepType::filter:
        if (!is_true(step.node->value(frame))) return;
        break;
      case StepType::compute: {
        const Value value = step.node->value(frame);
        frame.slots[step.slots.front()] = value;
        break;
      }
      case StepType::glob:
      case StepType::regular:
        run_parse(step, frame);
        break;
      case StepType::unnest:
        return run_unnest(steps, i, frame, take);
    }
  }
  take();
}

EventLoader::EventLoader(const Plan& plan, const LogStore& store) : plan_(plan), store_(store) {}

void EventLoader::take(const RawEvent& event, std::uint32_t file, Frame& frame) {
  event_ = &event;
  file_ = file;
  has_message_ = false;
  has_fields_ = false;
  frame.arena.reset();
  const EventSlots& slots = plan_.event;
  const LogFile& log = store_.files()[file];
  if (slots.timestamp) frame.slots[*slots.timestamp] = instant_value(event.timestamp_ms);
  if (slots.ingestion_time) frame.slots[*slots.ingestion_time] = instant_value(event.ingestion_ms);
  if (slots.log_stream) {
    scratch_.clear();
    const bool is_named = recording::append_json_unquoted(scratch_, event.stream) > 0;
    frame.slots[*slots.log_stream] =
        text_value(is_named ? frame.arena.keep(scratch_) : std::string_view(log.stream));
  }
  if (slots.log) {
    frame.slots[*slots.log] = text_value(frame.arena.keep(store_.account() + ":" + log.group));
  }
  if (slots.ptr) {
    frame.slots[*slots.ptr] = text_value(frame.arena.keep(ptr_of({file, event.offset})));
  }
}

void EventLoader::load(Need need, Frame& frame) {
  if (need == Need::fields && has_fields_) return;
  // A line of a Lambda function has its fields in the first JSON that is within it.
  const bool is_lambda = store_.files()[file_].group.starts_with(lambda_groups);
  if (need == Need::fields && !has_message_ && !is_lambda && event_->is_spelt) {
    has_fields_ = true;
    if (has_no_object(*event_)) return plan_.fields.scan({}, frame.slots, frame.arena);
    if (plan_.fields.scan_spelt(event_->message, frame.slots, frame.arena)) return;
  }
  if (!has_message_) {
    has_message_ = true;
    is_readable_ = message_text(*event_, buffer_, message_);
    if (plan_.event.message) {
      frame.slots[*plan_.event.message] = is_readable_ ? text_value(message_) : Value();
    }
  }
  if (need != Need::fields) return;
  has_fields_ = true;
  std::string_view message = is_readable_ ? message_ : std::string_view();
  if (is_lambda) message.remove_prefix(std::min(message.find('{'), message.size()));
  plan_.fields.scan(message, frame.slots, frame.arena);
}

}  // namespace hoplab::report::insights
