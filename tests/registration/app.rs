//! Lists the hooks of the fixture `app` in the order of its plan.

/// Phase, priority, file and name. Hooks of one phase and priority are sorted by module path, then by line.
pub const HOOKS: [&str; 34] = [
    "deregister 2147483647 used/src/lib.rs leave_early",
    "deregister 0 app/src/main.rs leave",
    "deregister -1 used/src/lib.rs leave_late",
    // One macro call declares two hooks on one line.
    "drain 1 used/src/macros.rs left_of_right",
    "drain 1 used/src/macros.rs right_of_left",
    "drain 0 switched/src/lib.rs one_of_two",
    "drain 0 used/src/bodies.rs in_generic",
    "drain 0 used/src/bodies.rs in_trait",
    "drain 0 used/src/bodies.rs in_impl",
    "drain 0 used/src/bodies.rs in_constant",
    "drain 0 used/src/bodies.rs in_closure",
    "drain 0 used/src/bodies.rs twin",
    "drain 0 used/src/bodies.rs twin",
    "stop 1 app/src/left.rs stop_workers",
    "stop 1 app/src/right.rs stop_workers",
    "stop 1 app/src/waiting.rs after_both_of_one_name",
    "stop 1 app/src/waiting.rs in_dead_body",
    "stop 0 app/src/waiting.rs after_renamed",
    "stop 0 app/src/waiting.rs after_glob",
    "stop 0 renamed/src/lib.rs by_name",
    "stop 0 renamed/src/lib.rs by_absolute_path",
    "stop 0 switched/src/lib.rs on_above",
    "stop 0 switched/src/lib.rs on_below",
    "stop 0 switched/src/lib.rs attribute_on",
    "stop 0 switched/src/lib.rs after_either",
    "stop 0 used/src/lib.rs flush_orders",
    "stop 0 used/src/lib.rs flush_index",
    "close 10 kept/src/lib.rs close_kept",
    "close 0 used/src/uncalled.rs close_files",
    "close 0 used/src/uncalled.rs a_name_that_sorts_first",
    // In a submodule, whose lines are between the lines of the other two.
    "close 0 used/src/uncalled.rs close_files",
    "finalize 0 through/src/lib.rs by_module",
    "finalize 0 through/src/lib.rs by_attribute",
    "finalize -2147483648 used/src/lib.rs last_of_all",
];

/// A hook and a hook that it is `after`, each as the text `file name` that the hook prints when it runs.
pub const WAITS: [(&str, &str); 7] = [
    ("app/src/waiting.rs after_renamed", "used/src/lib.rs flush_orders"),
    ("app/src/waiting.rs after_glob", "used/src/lib.rs flush_index"),
    ("app/src/waiting.rs after_glob", "app/src/waiting.rs after_renamed"),
    ("app/src/waiting.rs after_both_of_one_name", "app/src/left.rs stop_workers"),
    ("app/src/waiting.rs after_both_of_one_name", "app/src/right.rs stop_workers"),
    ("renamed/src/lib.rs by_absolute_path", "renamed/src/lib.rs by_name"),
    ("switched/src/lib.rs after_either", "switched/src/lib.rs one_of_two"),
];

/// Returns the phase and the priority of a hook in [`HOOKS`].
pub fn group(hook: &str) -> (&str, &str) {
    let mut words = hook.split(' ');
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

/// Returns what a hook prints when it runs.
pub fn trace(hook: &str) -> &str {
    hook.splitn(3, ' ').nth(2).unwrap_or_default()
}
