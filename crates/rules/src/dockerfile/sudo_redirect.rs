//! `sudo-redirect`: the shell opens a file that only sudo could write.

use crate::build::*;

rule! {
    "sudo-redirect", Dockerfile, Medium, true,
    "the shell opens a file that only sudo could write",
    ["shellcheck:SC2024"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use casehard_dockerfile::UserState;
    for step in &input.steps {
        let UserState::Set { value: Value::Known(user), .. } = &input.model.state(step.index).user else { continue };
        if matches!(user.split(':').next(), Some("0" | "root" | "")) {
            continue;
        }
        for command in step.commands.iter().filter(|command| command.program() == "sudo") {
            let system = |redirect: &&casehard_dockerfile::shell::Redirect| redirect.operator.starts_with('>') && ["/etc/", "/usr/", "/lib/", "/root/", "/opt/", "/bin/", "/sbin/"].iter().any(|folder| redirect.target.text().starts_with(folder));
            if let Some(redirect) = command.redirects.iter().find(system) {
                report.at(redirect.target.range.clone(), format!("the shell opens {} before sudo is asked, and it runs as {user}", redirect.target.text()));
            }
        }
    }
}
