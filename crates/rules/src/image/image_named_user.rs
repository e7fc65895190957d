//! `image-named-user`: the image's user is a name, not a number.

use crate::audit::*;

rule! {
    "image-named-user", Image, Low, true,
    "the image's user is a name, not a number",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let user = &input.container().user;
    let name = user.split(':').next().unwrap_or_default();
    let named = !name.is_empty() && name != "root" && !name.bytes().all(|byte| byte.is_ascii_digit());
    if !named {
        return;
    }
    match input.uid() {
        Some(number) => report.on(config("User"), format!("user {user} is a name (number {number}), which runAsNonRoot cannot check")),
        None => report.on(config("User"), format!("user {user} is not in /etc/passwd, so the container does not start")).severity(casehard_finding::Severity::High),
    };
}
