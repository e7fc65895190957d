//! `debug-mode`: the application runs in debugging mode.

use crate::build::*;

rule! {
    "debug-mode", Dockerfile, Medium, true,
    "the application runs in debugging mode",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    for (_, instruction) in input.model.lineage_instructions(last.index).into_iter().filter(|(_, i)| i.keyword == Keyword::Env) {
        for pair in instruction.pairs() {
            let Some(Value::Known(value)) = last.end.env.get(&pair.name.text) else { continue };
            let lower = value.to_ascii_lowercase();
            let on = matches!(lower.as_str(), "1" | "true" | "yes" | "on" | "*");
            let debugging = match pair.name.text.as_str() {
                "FLASK_DEBUG" | "DJANGO_DEBUG" | "WERKZEUG_DEBUG_PIN" | "APP_DEBUG" => on,
                "FLASK_ENV" | "NODE_ENV" | "RAILS_ENV" | "RACK_ENV" | "ASPNETCORE_ENVIRONMENT" | "DOTNET_ENVIRONMENT" | "APP_ENV" => matches!(lower.as_str(), "development" | "dev" | "debug" | "local"),
                _ => false,
            };
            if debugging {
                report.at(pair.name.range.clone(), format!("{}={value} is meant for developing", pair.name.text));
            }
        }
    }
}
