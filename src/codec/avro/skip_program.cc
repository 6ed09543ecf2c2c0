#include "codec/avro/skip_program.h"

#include <algorithm>
#include <limits>

#include "base/checked.h"

namespace icefield::avro {
namespace {

constexpr uint64_t kTooMany = std::numeric_limits<uint64_t>::max();

}  // namespace

class SkipProgram::Compiler {
 public:
  Compiler(const SchemaTree& tree, SkipProgram& out)
      : tree_(tree), out_(out), state_(tree.nodes.size(), State::kNew) {}

  // The depth is that of the schema, which its parser limits.
  Step Compile(NodeId id) {
    if (state_[id] == State::kDone) return out_.steps_[id];
    if (state_[id] == State::kOpen) return {StepKind::kBody, id};
    state_[id] = State::kOpen;
    out_.steps_[id] = CompileNew(id);
    state_[id] = State::kDone;
    return out_.steps_[id];
  }

 private:
  enum class State : uint8_t { kNew, kOpen, kDone };

  Step CompileNew(NodeId id) {
    const SchemaNode& node = tree_.at(id);
    switch (node.kind) {
      case Kind::kInt:
      case Kind::kLong:
      case Kind::kEnum:
        return {StepKind::kVarints, 1};
      case Kind::kBytes:
      case Kind::kString:
        return {StepKind::kPrefixed, 1};
      case Kind::kRecord:
        return CompileRecord(id, node);
      case Kind::kArray:
      case Kind::kMap:
        return CompileItems(id, node);
      case Kind::kUnion:
        return CompileUnion(id, node);
      default:
        return {StepKind::kFixed, node.bytes_min};
    }
  }

  Step CompileRecord(NodeId id, const SchemaNode& node) {
    std::vector<Step> steps;
    for (const SchemaField& field : node.fields) Append(steps, Compile(field.type));
    if (steps.empty()) return {};
    if (steps.size() == 1 && steps[0].kind != StepKind::kBody) {
      // Records that contain this one may already point at its body.
      out_.bodies_[id].steps = steps;
      return steps[0];
    }
    out_.bodies_[id] = {BodyKind::kSequence, std::move(steps)};
    return {StepKind::kBody, id};
  }

  Step CompileItems(NodeId id, const SchemaNode& node) {
    Body body{BodyKind::kItems};
    if (node.kind == Kind::kMap) {
      body.steps.push_back({StepKind::kPrefixed, 1});
      body.item_bytes_min = 1;
    }
    Append(body.steps, Compile(node.children[0]));
    body.item_bytes_min += tree_.at(node.children[0]).bytes_min;
    out_.bodies_[id] = std::move(body);
    return {StepKind::kBody, id};
  }

  Step CompileUnion(NodeId id, const SchemaNode& node) {
    Body body{BodyKind::kChoice};
    for (NodeId branch : node.children) body.steps.push_back(Compile(branch));
    out_.bodies_[id] = std::move(body);
    return {StepKind::kBody, id};
  }

  static void Append(std::vector<Step>& steps, Step step) {
    if (step.kind == StepKind::kFixed && step.amount == 0) return;
    if (step.kind == StepKind::kBody || steps.empty() || steps.back().kind != step.kind) {
      steps.push_back(step);
      return;
    }
    uint64_t& amount = steps.back().amount;
    amount = CheckedAdd(amount, step.amount).value_or(kTooMany);
  }

  const SchemaTree& tree_;
  SkipProgram& out_;
  std::vector<State> state_;
};

SkipProgram::SkipProgram(const SchemaTree& tree)
    : steps_(tree.nodes.size()), bodies_(tree.nodes.size()) {
  Compiler compiler(tree, *this);
  for (NodeId id = 0; id < tree.nodes.size(); ++id) compiler.Compile(id);
}

void SkipProgram::Run(Decoder& in, const Step& step, int depth) const {
  switch (step.kind) {
    case StepKind::kFixed:
      return in.SkipFixed(step.amount);
    case StepKind::kVarints:
      return in.SkipVarints(step.amount);
    case StepKind::kPrefixed:
      return in.SkipPrefixed(step.amount);
    case StepKind::kBody:
      return RunBody(in, bodies_[step.amount], depth + 1);
  }
}

void SkipProgram::RunBody(Decoder& in, const Body& body, int depth) const {
  if (depth > kDepthMax) return in.Fail("values nest too deep");
  if (body.kind == BodyKind::kItems) return RunItems(in, body, depth);
  if (body.kind == BodyKind::kChoice) {
    const auto branch = static_cast<uint64_t>(in.ReadLong());
    if (branch >= body.steps.size()) return in.Fail("a union has no such branch");
    return Run(in, body.steps[branch], depth);
  }
  for (const Step& step : body.steps) {
    Run(in, step, depth);
    if (!in.ok()) return;
  }
}

void SkipProgram::RunItems(Decoder& in, const Body& body, int depth) const {
  for (ItemBlock block = in.ReadItemBlock(body.item_bytes_min); block.count > 0;
       block = in.ReadItemBlock(body.item_bytes_min)) {
    if (block.end) {
      in.SkipTo(*block.end);
    } else if (body.steps.empty()) {
      continue;
    } else if (body.steps.size() == 1 && body.steps[0].kind != StepKind::kBody) {
      const Step& item = body.steps[0];
      Run(in, {item.kind, CheckedMultiply(item.amount, block.count).value_or(kTooMany)}, depth);
    } else {
      for (uint64_t i = 0; i < block.count && in.ok(); ++i) {
        for (const Step& step : body.steps) Run(in, step, depth);
      }
    }
  }
}

}  // namespace icefield::avro
