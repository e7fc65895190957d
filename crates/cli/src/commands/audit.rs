//! `casehard audit`

use std::{borrow::Cow, collections::BTreeMap, io::Write as _, path::PathBuf};

use casehard_finding::Finding;
use casehard_inventory::{Inventory, catalog_with};
use casehard_oci::Platform;
use casehard_rules::{Secrets, Settings, check_image};

use crate::{
    Context, Failure, Verdict,
    findings::{self, Format, Shown, Threshold, severity_name},
    lint::{Configs, Extra},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The image, such as app.tar, oci:DIR:TAG or docker://registry/name:tag
    image: String,
    /// Which of an image for several platforms, such as linux/arm64 [default: this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
    /// How to show what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
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
    /// Do not search the contents of files for secrets
    #[arg(long)]
    no_secrets: bool,
    /// Configuration file [default: casehard.toml in the working folder and those above]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let name = &arguments.image;
    let mut configs = Configs::new(arguments.config.as_deref())?;
    configs.command_line = Extra {
        ignore: arguments.ignore.clone(),
        enable: arguments.enable.clone(),
        only: arguments.only.clone(),
        honour_comments: true,
        today: context.today(),
    };
    let settings = configs.settings(None)?;
    let threshold = arguments.fail_on.or(configs.fail_on()).unwrap_or(Threshold::High);
    let image = context.open(name, arguments.platform.as_ref())?;
    let (findings, inventory) = audit(&image, !arguments.no_secrets, &settings)
        .map_err(|error| Failure::cannot(format_args!("failed to read image {name}"), &error))?;
    let shown = [Shown { file: name, text: Cow::Borrowed(""), findings: &findings }];
    let mut out = context.out();
    if arguments.format == Format::Text {
        out.write_all(text(&findings).as_bytes())?;
    } else {
        out.write_all(findings::render(arguments.format, &shown).as_bytes())?;
    }
    if !inventory.unknowns.is_empty() {
        context.say(format_args!("{} files could not be read as what they are; what they hold was not judged", inventory.unknowns.len()));
    }
    let fails = findings.iter().any(|finding| threshold.fails(finding.severity));
    Ok(if fails { Verdict::No } else { Verdict::Good })
}

fn audit(
    image: &casehard_image::Image,
    with_secrets: bool,
    settings: &Settings,
) -> Result<(Vec<Finding>, Inventory), casehard_image::ReadError> {
    if with_secrets {
        let secrets = Secrets::new();
        let (tree, inventory, facts) = catalog_with(image, &secrets)?;
        let secrets = secrets.finish(&tree, &facts);
        Ok((check_image(image, &tree, &inventory, &secrets, settings), inventory))
    } else {
        let (tree, inventory) = casehard_inventory::catalog(image)?;
        Ok((check_image(image, &tree, &inventory, &[], settings), inventory))
    }
}

/// Findings by rule, the worst first: one headline each, its places below.
fn text(findings: &[Finding]) -> String {
    const MOST: usize = 20;
    let mut groups: Vec<(&str, Vec<&Finding>)> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        let at = *index.entry(&finding.rule).or_insert_with(|| {
            groups.push((&finding.rule, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(finding);
    }
    let mut out = String::new();
    for (name, findings) in &groups {
        let rule = casehard_rules::rules().find(|rule| rule.name == *name);
        let summary = rule.map_or("", |rule| rule.summary);
        let section = rule.and_then(|rule| rule.also.iter().find_map(|code| code.strip_prefix("cis:")));
        let section = section.map_or_else(String::new, |section| format!(", CIS Docker {section}"));
        let style = style(findings[0].severity);
        let severity = severity_name(findings[0].severity);
        out.push_str(&format!("{style}{severity:<8}{style:#} {name}: {summary} ({}{section})\n", findings.len()));
        for finding in findings.iter().take(MOST) {
            out.push_str(&format!("           {}\n", finding.message));
        }
        if findings.len() > MOST {
            out.push_str(&format!("           and {} more (--format json shows all)\n", findings.len() - MOST));
        }
    }
    let plural = if findings.len() == 1 { "" } else { "s" };
    out.push_str(&format!("{} finding{plural} of {} rules\n", findings.len(), groups.len()));
    out
}

const fn style(severity: casehard_finding::Severity) -> anstyle::Style {
    use casehard_finding::Severity;
    let colour = match severity {
        Severity::Critical | Severity::High => anstyle::AnsiColor::Red,
        Severity::Medium | Severity::Low => anstyle::AnsiColor::Yellow,
        Severity::Info => anstyle::AnsiColor::Cyan,
    };
    colour.on_default().bold()
}
