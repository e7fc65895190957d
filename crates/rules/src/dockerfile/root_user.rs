//! `root-user`: the shipped stage ends as root.

use crate::build::*;

rule! {
    "root-user", Dockerfile, High, true,
    "the shipped stage ends as root",
    ["hadolint:DL3002", "checkov:CKV_DOCKER_8", "trivy:DS-0002", "droast:DF002", "cis:4.1", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let Some((Value::Known(user), index)) = input.user_at_end(last) else { return };
    let name = user.split(':').next().unwrap_or_default();
    let is_root = name == "root" || (!name.is_empty() && name.bytes().all(|digit| digit == b'0'));
    if !is_root {
        return;
    }
    let instruction = input.document.instructions()[index].inner();
    let Arguments::Text(word) = &instruction.arguments else { return };
    let was = if word.text == *user { user.clone() } else { format!("{} ({user})", word.text) };
    let earlier = input.model.lineage_instructions(last.index).into_iter().any(|(at, other)| {
        at < index && other.keyword == Keyword::User && matches!(&other.arguments, Arguments::Text(other) if other.text != word.text)
    });
    let message = if earlier {
        format!("the user goes back to {was} and stays there, so the application runs as root")
    } else {
        format!("the application runs as {was}")
    };
    report.at(instruction.range.clone(), message).evidence_fix("run as user 10001", vec![replace(word.range.clone(), "10001:10001")]);
}
