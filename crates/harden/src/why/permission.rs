//! Why a capability, a port or a system call is allowed, and why a setting changed.

use super::{
    Answer,
    words::{safe, some},
};
use crate::plan::Plan;

pub(super) fn why(plan: &Plan, about: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    answers.extend(capability(plan, about));
    answers.extend(ports(plan, about));
    if plan.runtime.syscalls.contains(about) {
        let mut answer = Answer::new(format!("system call {}", safe(about)), "is allowed");
        answer.push(0, "it was made while the application ran");
        answers.push(answer);
    }
    for setting in plan
        .settings
        .iter()
        .filter(|setting| setting.field == about || setting.field.strip_prefix("config.") == Some(about))
    {
        let mut answer = Answer::new(safe(&setting.field), "was changed");
        answer.push(0, safe(&setting.why));
        answer.push(0, format!("before: {}", safe(&setting.before)));
        answer.push(0, format!("after: {}", safe(&setting.after)));
        answers.push(answer);
    }
    answers
}

fn capability(plan: &Plan, about: &str) -> Option<Answer> {
    let upper = about.to_uppercase();
    let name = if upper.starts_with("CAP_") { upper } else { format!("CAP_{upper}") };
    if let Some(operations) = plan.runtime.capabilities.get(&name) {
        let mut answer = Answer::new(safe(&name), "stays");
        for operation in operations {
            answer.push(0, format!("the application needed it to {}", safe(operation)));
        }
        return Some(answer);
    }
    about.to_uppercase().starts_with("CAP_").then(|| {
        let mut answer = Answer::new(safe(&name), "is dropped");
        answer.push(0, "nothing that the application did needed it");
        answer
    })
}

fn ports(plan: &Plan, about: &str) -> Option<Answer> {
    let number = about.split('/').next()?.parse::<u16>().ok()?;
    let bound = plan.runtime.ports.iter().filter(|port| {
        *port == about || port.split('/').next().and_then(|port| port.parse().ok()) == Some(number)
    });
    let bound = bound.collect::<Vec<_>>();
    let mut answer =
        Answer::new(format!("port {}", safe(about)), if bound.is_empty() { "is closed" } else { "is open" });
    if bound.is_empty() {
        answer.push(0, "nothing listened on it");
    } else {
        answer.push(0, format!("the application listened on {}", some(bound, 4)));
    }
    Some(answer)
}
