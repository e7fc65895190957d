//! `casehard vex`

use std::path::PathBuf;

use casehard_inventory::sbom::rfc3339;
use casehard_vuln::vex::{AcceptError, Authorship, Choice, accept};
use serde_json::Value;

use crate::{Context, Failure, Verdict, bill::bytes, output_file, suggestions::TOOLING};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Make statements of suggestions: that vulnerable code is there and is not run
    Accept(Accept),
}

#[derive(Debug, clap::Args)]
struct Accept {
    /// The suggestions: vex-suggestions.openvex.json of `casehard harden`, or what `casehard scan --suggest-vex` wrote
    suggestions: PathBuf,
    /// Only those on this vulnerability, by any of its ids; may be repeated
    #[arg(long, value_name = "ID", required_unless_present_any = ["package", "all"])]
    id: Vec<String>,
    /// Only those on this package, by name or package URL; may be repeated
    #[arg(long, value_name = "NAME")]
    package: Vec<String>,
    /// All of them
    #[arg(long, conflicts_with_all = ["id", "package"])]
    all: bool,
    /// Who states it: a person or an organisation, such as "Ada Example <ada@example.com>"
    #[arg(long, value_name = "AUTHOR")]
    by: String,
    /// Why it holds, in a sentence
    #[arg(long, value_name = "REASON")]
    because: String,
    /// Where the statements go (OpenVEX); those of a document that is there stay in it
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let Verb::Accept(arguments) = &arguments.verb;
    if arguments.by.trim().is_empty() || arguments.because.trim().is_empty() {
        return Err(Failure::usage("a statement has an author and a reason: --by and --because say something"));
    }
    let suggestions = json(&arguments.suggestions)?;
    let earlier = arguments.output.exists().then(|| json(&arguments.output)).transpose()?;
    let authorship = Authorship {
        author: arguments.by.trim(),
        timestamp: &rfc3339(context.date()?),
        tooling: TOOLING,
        ..Authorship::default()
    };
    let choice = Choice { ids: &arguments.id, packages: &arguments.package };
    let accepted = accept(&suggestions, choice, arguments.because.trim(), &authorship, earlier.as_ref());
    let accepted = accepted.map_err(|error| {
        let of = if error == AcceptError::Earlier { &arguments.output } else { &arguments.suggestions };
        Failure::usage(format!("failed to accept suggestions: {}: {error}", of.display()))
    })?;
    output_file::write(&arguments.output, format!("{:#}\n", accepted.document))?;
    context.say(format_args!(
        "{} suggestions accepted: `casehard scan --vex {}` sets their findings aside",
        accepted.accepted,
        arguments.output.display()
    ));
    Ok(Verdict::Good)
}

fn json(path: &PathBuf) -> Result<Value, Failure> {
    serde_json::from_slice(&bytes(path)?)
        .map_err(|error| Failure::cannot(format_args!("failed to read {}", path.display()), &error))
}
