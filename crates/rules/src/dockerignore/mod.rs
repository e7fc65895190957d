//! The rules about `.dockerignore` files.

crate::check::folder! {
    dockerignore_bad_pattern,
    dockerignore_comment_in_line,
    dockerignore_dead_pattern,
    dockerignore_incomplete,
    dockerignore_late_exclusion,
    dockerignore_root_only,
}
