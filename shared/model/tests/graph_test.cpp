#include "tasker/model/graph.hpp"
#include "tasker/model/workflow_template.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tasker::model {
namespace {

workflow_template parsed(std::string const& steps) {
    return parse_template_yaml("name: t\nversion: 1.0.0\nsteps:\n" + steps).value();
}

workflow_template conditional() {
    return parsed(R"(  - {name: a, handler: {callable: h}}
  - {name: "b", handler: {callable: h}}
  - name: c
    handler: {callable: h}
    dependencies: [a, b]
    when: $.b.kind == "x" && $.b.n < 3
    join: none_failed
  - {name: d, handler: {callable: h}, dependencies: [c, a], when: $context.go == true}
  - {name: e, handler: {callable: h}, when: $context.go == true, allow_failure: true}
)");
}

TEST(TemplateGraph, ConditionsAreLabelsOfDashedArrowsFromTheParentsThatTheyRead) {
    EXPECT_EQ(to_mermaid(conditional()), R"(flowchart TD
    s0["a"]
    s1["b"]
    s2[/"c<br/>join: none_failed"\]
    s3["d"]
    s4["e<br/>when $context.go == true<br/>may fail"]
    s0 -.-> s2
    s1 -.->|"$.b.kind == #quot;x#quot; #amp;#amp; $.b.n #lt; 3"| s2
    s2 -.->|"$context.go == true"| s3
    s0 -.-> s3
)");
}

TEST(TemplateGraph, DotDrawsTheSame) {
    EXPECT_EQ(to_dot(conditional()), R"(digraph "t" {
    node [shape=box];
    "a";
    "b";
    "c" [shape=trapezium, label="c\njoin: none_failed"];
    "d";
    "e" [shape=box, label="e\nwhen $context.go == true\nmay fail"];
    "a" -> "c" [style=dashed, label=""];
    "b" -> "c" [style=dashed, label="$.b.kind == \"x\" && $.b.n < 3"];
    "c" -> "d" [style=dashed, label="$context.go == true"];
    "a" -> "d" [style=dashed, label=""];
}
)");
}

TEST(TemplateGraph, EachKindOfStepHasItsShape) {
    auto const source = parsed(R"(  - {name: nap, sleep: {seconds: 1.5}}
  - {name: later, sleep: {until: '${context/at}'}}
  - {name: poll, handler: {callable: h}, repeat: {until: $result.done == true}}
  - {name: each, handler: {callable: h}, map: '$context.list[*]'}
  - {name: pay, workflow: {name: payment}}
  - {name: ask, signal: {name: approval}}
)");
    EXPECT_EQ(to_mermaid(source), R"(flowchart TD
    s0(["nap<br/>sleep 1.5 s"])
    s1(["later<br/>sleep until ${context/at}"])
    s2["poll<br/>repeat until $result.done == true"]
    s3[/"each[*]<br/>map $context.list[*]"/]
    s4[["pay<br/>runs payment"]]
    s5{{"ask<br/>signal approval"}}
)");
    EXPECT_EQ(to_dot(source), R"(digraph "t" {
    node [shape=box];
    "nap" [shape=oval, label="nap\nsleep 1.5 s"];
    "later" [shape=oval, label="later\nsleep until ${context/at}"];
    "poll" [shape=box, label="poll\nrepeat until $result.done == true"];
    "each" [shape=box3d, label="each[*]\nmap $context.list[*]"];
    "pay" [shape=component, label="pay\nruns payment"];
    "ask" [shape=hexagon, label="ask\nsignal approval"];
}
)");
}

} // namespace
} // namespace tasker::model
