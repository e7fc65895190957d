//! `named-user`: the user is a name, not a number.

use crate::build::*;

rule! {
    "named-user", Dockerfile, Low, true,
    "the user is a name, not a number",
    ["hadolint:DL3066", "tally:named-identity-in-passwdless-stage"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let Some((Value::Known(user), index)) = input.user_at_end(last) else { return };
    let name = user.split(':').next().unwrap_or_default();
    if name.is_empty() || name == "root" || name.bytes().all(|byte| byte.is_ascii_digit()) || name.contains('\\') {
        return;
    }
    let instruction = input.document.instructions()[index].inner();
    let Arguments::Text(word) = &instruction.arguments else { return };
    let number = input.shipped_steps().flat_map(Step::calls).find_map(|call| {
        let makes = matches!(call.program(), "useradd" | "adduser") && call.arguments().last()?.text() == name;
        makes.then(|| call.flag_value(&["-u", "--uid"])).flatten()
    });
    let number = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty());
    let found = report.at(instruction.range.clone(), format!("user {name} is a name, which runAsNonRoot cannot check"));
    if let Some(number) = number.filter(|_| word.text == *user) {
        let rest = user.strip_prefix(name).unwrap_or_default();
        found.evidence_fix(format!("use {number}, the number of {name}"), vec![replace(word.range.clone(), format!("{number}{rest}"))]);
    }
}
