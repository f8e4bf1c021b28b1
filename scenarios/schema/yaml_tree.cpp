#include "scenarios/schema/yaml_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "scenarios/schema/flow_text.hpp"
#include "scenarios/schema/source_text.hpp"

namespace hoplab::scenarios::yaml {

Node& Tree::add(Node::Kind kind, Place place) {
  Node& node = nodes_.emplace_back();
  node.kind = kind;
  node.place = place;
  return node;
}

namespace {

Place place_of_mark(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

std::size_t offset_of(const YAML::Mark& mark) {
  return static_cast<std::size_t>(std::max(mark.pos, 0));
}

// Ends the reading from inside an event.
class Refusal : public std::runtime_error {
 public:
  Refusal(Place where, std::string error_code, const std::string& message, std::string mend)
      : std::runtime_error(message),
        place(where),
        code(std::move(error_code)),
        hint(std::move(mend)) {}
  Place place;
  std::string code;
  std::string hint;
};

// The bracket to complain about where yaml-cpp stumbled over a value that begins at `offset`;
// nothing if the brackets are in order.
std::optional<Refusal> bracket_trouble(std::string_view text, std::size_t offset) {
  const auto bracket = unclosed_bracket(text, offset);
  if (!bracket) return std::nullopt;
  const bool is_map = text[*bracket] == '{';
  return Refusal(
      place_of(text, *bracket), "E0104",
      fmt::format("YAML: a `{}` that is not closed", is_map ? '{' : '['),
      fmt::format("close it with `{}` and put commas between its entries", is_map ? '}' : ']'));
}

// Whether the line begins a document, or an earlier one has ended the one before.
bool is_meant_as_document(std::string_view text, const YAML::Mark& mark) {
  const std::size_t offset = std::min(offset_of(mark), text.size());
  return text.substr(offset).starts_with("---") ||
         text.substr(0, offset).find("\n...") != std::string_view::npos;
}

// Builds the tree from the events. The collections that are still open form a stack; a value
// belongs to the topmost.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, std::string file, Tree& tree, sim::Diagnostics& diagnostics)
      : text_(text), file_(std::move(file)), tree_(tree), diagnostics_(diagnostics) {}

  /// Where the outermost `[` or `{` begins that has been entered and not left.
  [[nodiscard]] std::optional<std::size_t> open_flow() const {
    for (const Open& open : open_) {
      if (open.is_flow) return open.offset;
    }
    return std::nullopt;
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    if (!is_meant_as_document(text_, mark)) {
      throw Refusal(place_of_mark(mark), "E0104",
                    "YAML: this line does not go on with what stands above it",
                    "keys of one mapping start in the same column; a list has a key before it");
    }
    throw Refusal(place_of_mark(mark), "E0111", "a second document in the file",
                  "keep one scenario per file and delete the `---` line");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node& node = tree_.add(Node::Kind::null, place_of_mark(mark));
    if (!open_.empty() && open_.back().has_key) {
      // A value left out "stands" where the next token does; its key is the better place.
      const Place key = open_.back().node->entries.back().place;
      if (node.place.line != key.line) node.place = key;
    }
    remember(anchor, node);
    take(node, node.place);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Place place = place_of_mark(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      // yaml-cpp has checked that the anchor exists: it is one that is still open.
      throw Refusal(place, "E0107", "an alias inside the very value it stands for",
                    "write the value out instead of using `*`");
    }
    take(*found->second, place);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const Place place = place_of_mark(mark);
    refuse_tag(tag, place);
    Node& node = tree_.add(Node::Kind::scalar, place);
    node.text = value;
    node.bytes = value.size();
    node.is_quoted = tag == "!";
    if (node.is_quoted && has_unclosed_quote(text_, offset_of(mark))) {
      throw Refusal(place, "E0104", "YAML: a quote that is never closed", "close the quoted text");
    }
    remember(anchor, node);
    take(node, place);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(Node::Kind::list, mark, tag, {.anchor = anchor, .is_flow = style == flow_style});
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(Node::Kind::map, mark, tag, {.anchor = anchor, .is_flow = style == flow_style});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  static constexpr YAML::EmitterStyle::value flow_style = YAML::EmitterStyle::Flow;

  struct Open {
    Node* node = nullptr;
    YAML::anchor_t anchor = 0;
    bool is_flow = false;  // In brackets, not by indentation.
    std::size_t offset = 0;
    bool has_key = false;      // A mapping's entry waits for its value...
    bool drops_value = false;  // ... which is not kept: its key was there before.
    std::map<std::string, Place> keys = {};
  };

  static void refuse_tag(const std::string& tag, Place place) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Refusal(place, "E0110", "the tag " + quoted(tag) + " on a value",
                  "remove the tag; scenario files hold plain values only");
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, Open opened) {
    const Place place = place_of_mark(mark);
    refuse_tag(tag, place);
    if (open_.size() == static_cast<std::size_t>(nesting_max)) {
      throw Refusal(place, "E0105", fmt::format("nested more than {} levels deep", nesting_max),
                    "no scenario needs that; look for an unclosed bracket");
    }
    if (awaits_key() && opened.is_flow) {
      // With an unclosed bracket yaml-cpp takes all that follows for a key.
      if (const auto trouble = bracket_trouble(text_, offset_of(mark))) throw Refusal(*trouble);
    }
    refuse_as_key(place);
    opened.node = &tree_.add(kind, place);
    opened.offset = offset_of(mark);
    open_.push_back(std::move(opened));
  }

  void close() {
    Open finished = std::move(open_.back());
    open_.pop_back();
    remember(finished.anchor, *finished.node);
    take(*finished.node, finished.node->place);
  }

  void remember(YAML::anchor_t anchor, const Node& node) {
    if (anchor != 0) anchors_[anchor] = &node;
  }

  [[nodiscard]] bool awaits_key() const {
    return !open_.empty() && open_.back().node->kind == Node::Kind::map && !open_.back().has_key;
  }

  void refuse_as_key(Place place) const {
    if (!awaits_key()) return;
    throw Refusal(place, "E0112", "a key that is not a plain word",
                  "write `key: value`; put quotes around a key with brackets in it");
  }

  void take(const Node& node, Place place) {
    if (open_.empty()) {
      tree_.set_root(node);
      return;
    }
    if (awaits_key()) {
      take_key(node, place);
      return;
    }
    Open& parent = open_.back();
    grow(*parent.node, node.nodes, node.bytes, place);
    if (parent.node->kind == Node::Kind::list) {
      parent.node->items.push_back(&node);
    } else {
      if (!parent.drops_value) parent.node->entries.back().value = &node;
      parent.has_key = parent.drops_value = false;
    }
  }

  // Before anything is copied: whoever writes the aliases out may rely on these limits.
  static void grow(Node& node, std::uint64_t nodes, std::uint64_t bytes, Place place) {
    node.nodes += nodes;
    node.bytes += bytes;
    if (node.nodes <= yaml_nodes_max && node.bytes <= yaml_text_max) return;
    throw Refusal(
        place, "E0106",
        node.nodes > yaml_nodes_max
            ? fmt::format("more than {} values once the aliases are written out", yaml_nodes_max)
            : fmt::format("more than {} MiB of text once the aliases are written out",
                          yaml_text_max >> 20U),
        "use fewer `*` aliases of large values");
  }

  void take_key(const Node& node, Place place) {
    if (node.kind != Node::Kind::scalar) refuse_as_key(place);
    if (node.text == "<<" && !node.is_quoted) {
      throw Refusal(place, "E0109", "a merge key `<<`",
                    "merge keys are not supported; write the keys out");
    }
    Open& parent = open_.back();
    grow(*parent.node, 0, node.text.size(), place);
    const auto [first, is_new] = parent.keys.emplace(node.text, place);
    if (is_new) {
      parent.node->entries.push_back({node.text, place});
    } else {
      tell_duplicate("the key " + quoted(node.text) + " is given twice", place, first->second);
    }
    parent.has_key = true;
    parent.drops_value = !is_new;
  }

  void tell_duplicate(const std::string& message, Place place, Place first) {
    if (++duplicates_ == duplicates_max) {
      throw Refusal(place, "E0108", message,
                    fmt::format("it is the duplicate number {}; the rest of the file is not read",
                                duplicates_max));
    }
    diagnostics_.error({file_, place.line, place.column}, "E0108", message,
                       fmt::format("it is given first in line {}", first.line));
  }

  std::string_view text_;
  std::string file_;
  Tree& tree_;
  sim::Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, const Node*> anchors_;
  int documents_ = 0;
  int duplicates_ = 0;
};

// yaml-cpp's own words for what goes wrong most often, and ours.
struct Rewording {
  std::string_view yaml_cpp;
  std::string_view message;
  std::string_view hint;
};

constexpr Rewording rewordings[] = {
    {"end of map not found", "this line does not fit the indentation of the lines above",
     "keys of one mapping start in the same column"},
    {"end of sequence not found", "this line does not fit the indentation of the list above",
     "the `-` of one list stand in the same column"},
    {"end of map flow not found", "a `{` that is not closed properly",
     "close it with `}` and put commas between its entries"},
    {"end of sequence flow not found", "a `[` that is not closed properly",
     "close it with `]` and put commas between its entries"},
    {"illegal map value", "a colon that does not belong here",
     "text with `: ` in it needs quotes; else look at the line above: a missing colon, or "
     "indentation"},
    {"illegal flow end", "a closing bracket without an opening one", "delete it"},
    {"illegal block entry", "a list entry `- ` that does not belong here",
     "inside [ ] separate entries by commas"},
    {"illegal EOF in scalar", "a quote that is never closed", "close the quoted text"},
    {"unknown token", "a character that cannot start a value", "put quotes around the text"},
    {"the referenced anchor is not defined", "an alias for which there is no anchor",
     "write `&name` before the value that `*name` stands for"},
    {"bad file", "nested too deeply", "no scenario needs that; look for an unclosed bracket"},
};

void report(const Refusal& refusal, const std::string& file, sim::Diagnostics& diagnostics) {
  diagnostics.error({file, refusal.place.line, refusal.place.column}, refusal.code, refusal.what(),
                    refusal.hint);
}

void report_syntax(const YAML::Exception& error, const std::string& file,
                   sim::Diagnostics& diagnostics) {
  std::string message = error.msg;
  std::string hint;
  for (const Rewording& rewording : rewordings) {
    if (!error.msg.starts_with(rewording.yaml_cpp)) continue;
    message = rewording.message;
    hint = rewording.hint;
  }
  const Place place = error.mark.is_null() ? Place{1, 1} : place_of_mark(error.mark);
  diagnostics.error({file, place.line, place.column}, "E0104", "YAML: " + message, hint);
}

}  // namespace

bool read_yaml(std::string_view text, const std::string& file, Tree& tree,
               sim::Diagnostics& diagnostics) {
  if (!check_source_text(text, file, {.bytes_max = yaml_bytes_max}, diagnostics)) return false;
  if (const auto deep = find_deep_bracket(text, nesting_max)) {
    const Place place = place_of(text, *deep);
    diagnostics.error({file, place.line, place.column}, "E0105",
                      fmt::format("nested more than {} levels deep", nesting_max),
                      "no scenario needs that; look for an unclosed bracket");
    return false;
  }
  TreeBuilder builder(text, file, tree, diagnostics);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return true;
  } catch (const Refusal& refusal) {
    report(refusal, file, diagnostics);
  } catch (const YAML::Exception& error) {
    const auto flow = builder.open_flow();
    const auto trouble = flow ? bracket_trouble(text, *flow) : std::nullopt;
    if (trouble) {
      report(*trouble, file, diagnostics);
    } else {
      report_syntax(error, file, diagnostics);
    }
  }
  return false;
}

}  // namespace hoplab::scenarios::yaml
