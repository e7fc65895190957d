//! `casehard lint`

use std::{io::Write as _, path::PathBuf};

use casehard_finding::Safety;

use crate::{
    Context, Failure, Verdict,
    findings::{self, Format, Threshold},
    lint::{self, Baseline, Configs},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files and folders; `-` is standard input
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// How to show what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Mend what can be mended: `safe` changes nothing else, `evidence` wants to be verified
    #[arg(long, value_name = "SAFETY", num_args = 0..=1, require_equals = true, default_missing_value = "safe")]
    fix: Option<FixKind>,
    /// Show what --fix would change, and change nothing
    #[arg(long)]
    diff: bool,
    /// Show the page of a rule, by its name or another tool's code
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// Rules not to run, by name or by another tool's code
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Rules to run although they are off by default; `all` for every rule
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    enable: Vec<String>,
    /// Run only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    only: Vec<String>,
    /// The least severity that makes the answer no
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<Threshold>,
    /// Configuration file [default: casehard.toml in the file's folder and those above]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Report only what this file does not list
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what is found now to a baseline file
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Report findings that comments allow, too
    #[arg(long)]
    no_allow: bool,
    /// Do not render Helm charts and kustomizations with helm, kustomize or kubectl
    #[arg(long)]
    no_render: bool,
    #[command(flatten)]
    proposing: lint::Proposing,
    /// A built image that the files are about, by the name they call it: NAME=IMAGE; may be repeated
    #[arg(long, value_name = "NAME=IMAGE")]
    image: Vec<lint::Named>,
    /// What `casehard profile` learnt of an image, by the name the files call it: NAME=FILE; may be repeated
    #[arg(long, value_name = "NAME=FILE")]
    profile: Vec<lint::Named>,
    /// The name standard input goes by, which tells its kind
    #[arg(long, value_name = "NAME", default_value = "Dockerfile")]
    stdin_name: String,
}

/// The rules whose fix is what a registry says.
const PINS: [&str; 3] = ["unpinned-base", "compose-image-without-digest", "k8s-image-without-digest"];

/// How far fixes may go.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FixKind {
    Safe,
    Evidence,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    if let Some(code) = &arguments.explain {
        return super::rules::explain(code, context);
    }
    let mut configs = Configs::new(arguments.config.as_deref())?;
    let threshold = arguments.fail_on.or(configs.fail_on()).unwrap_or(Threshold::Medium);
    configs.command_line = lint::Extra {
        ignore: arguments.ignore.clone(),
        enable: arguments.enable.clone(),
        only: arguments.only.clone(),
        honour_comments: !arguments.no_allow,
        today: context.today(),
    };
    let safety = arguments.fix.map(|kind| match kind {
        FixKind::Safe => Safety::Safe,
        FixKind::Evidence => Safety::Evidence,
    });
    let safety = safety.or(arguments.diff.then_some(Safety::Safe));
    if safety == Some(Safety::Evidence) {
        // Who asks for everything that can be mended wants pins, too: whether to have them is a matter of taste.
        configs.command_line.enable.extend(PINS.map(str::to_owned));
    }
    let collected = lint::collect(&arguments.paths, &arguments.stdin_name)?;
    let sources = lint::render(collected, !arguments.no_render, context);
    if let Some(target) = arguments.proposing.rewrite {
        return lint::propose(&sources, target, &arguments.proposing, context);
    }
    let mut known = lint::Known::gather(&sources, &configs, &arguments.image, &arguments.profile, context)?;
    let mut only = arguments.only.iter().flat_map(|code| casehard_rules::rules_for(code));
    let pins = arguments.only.is_empty() || only.any(|rule| PINS.contains(&rule.name));
    if pins && safety == Some(Safety::Evidence) {
        known.ask_registries(&sources, context);
    }
    let mut results = lint::check_all(sources, &configs, &known, safety)?;
    if arguments.diff {
        let mut out = context.out();
        for result in &results {
            out.write_all(result.diff().as_bytes())?;
        }
    } else if safety.is_some() {
        for result in &results {
            result.write()?;
            result.tell(context);
        }
    }
    if let Some(path) = &arguments.baseline {
        Baseline::read(path)?.filter(&mut results);
    }
    if let Some(path) = &arguments.write_baseline {
        Baseline::of(&results).write(path)?;
    }
    if !arguments.diff {
        let shown = findings::render(arguments.format, &results.iter().map(lint::Checked::shown).collect::<Vec<_>>());
        context.out().write_all(shown.as_bytes())?;
        if arguments.format == Format::Text {
            context.say(lint::summary(&results));
        }
    }
    let fails = results.iter().flat_map(|result| &result.findings).any(|finding| threshold.fails(finding.severity));
    Ok(if fails || arguments.diff && results.iter().any(|result| !result.diff().is_empty()) { Verdict::No } else { Verdict::Good })
}
