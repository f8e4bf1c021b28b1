# Random worlds are no part of `./dev test`, which is to take minutes: .ci/run runs 200 of them with
# `./dev worlds`, and whoever changes an engine, a model or an auditor runs more.
