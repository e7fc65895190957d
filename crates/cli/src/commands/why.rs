//! `casehard why`: why something stayed in a hardened image, or did not.

use std::{fmt::Write as _, io::Write as _, path::PathBuf};

use casehard_harden::{
    Plan,
    why::{Answer, why},
};

use crate::{Context, Failure, Verdict, output_folder};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder that `casehard harden` wrote, or a plan.json
    out: PathBuf,
    /// A path, a package, a capability, a port, a system call or a field of the configuration
    #[arg(required = true, value_name = "PATH|PACKAGE|…")]
    about: Vec<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let plan: Plan = output_folder::document(&arguments.out, "plan.json")?;
    let mut answers = Vec::new();
    let mut unknown = Vec::new();
    for about in &arguments.about {
        let found = why(&plan, about);
        if found.is_empty() {
            unknown.push(about);
        }
        answers.extend(found);
    }
    let text = match arguments.format {
        Format::Text => answers.iter().map(text).collect::<Vec<_>>().join("\n"),
        Format::Json => serde_json::to_string_pretty(&answers).unwrap_or_default() + "\n",
    };
    context.out().write_all(text.as_bytes())?;
    for about in &unknown {
        context.say(format_args!("{about:?} is not in the plan: the image had no such path, package, capability, port, call or field"));
    }
    Ok(if unknown.is_empty() { Verdict::Good } else { Verdict::No })
}

fn text(answer: &Answer) -> String {
    let bold = anstyle::Style::new().bold();
    let mut text = format!("{bold}{}{bold:#} {}\n", answer.subject, answer.fate);
    for line in &answer.because {
        let _ = writeln!(text, "{}{}", "  ".repeat(line.depth + 1), line.text);
    }
    text
}
