//! `privileged-port`: a port below 1024 is exposed where the user is not root.

use crate::build::*;

rule! {
    "privileged-port", Dockerfile, Low, true,
    "a port below 1024 is exposed where the user is not root",
    ["kube-linter:privileged-ports", "trivy:KSV-0117"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let Some((Value::Known(user), _)) = input.user_at_end(last) else { return };
    let name = user.split(':').next().unwrap_or_default();
    if matches!(name, "" | "root" | "0") {
        return;
    }
    for (index, instruction) in input.each(Keyword::Expose).filter(|(index, _)| input.is_shipped_at(*index)) {
        for word in instruction.words() {
            let Value::Known(text) = input.model.value_at(word, index) else { continue };
            if ports(&text).is_some_and(|range| *range.start() < 1024 && *range.start() != 22) {
                report.at(word.range.clone(), format!("user {user} may need a privilege to listen on port {text}"));
            }
        }
    }
}
