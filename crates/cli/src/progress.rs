//! Progress on the terminal: stages with their time, quiet elsewhere.

use std::time::Duration;

use casehard_verify::{job::Progress, run::StepRun};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Context;

/// Stages as they happen.
pub struct Stages {
    bar: Option<ProgressBar>,
}

impl Stages {
    pub fn new(context: &Context) -> Self {
        let bar = context.draws_progress().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar }
    }

    /// Clears the line.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// What a stage does, for people.
fn title(stage: &str) -> &str {
    match stage {
        "read" => "reading the image",
        "profile" => "learning what the application uses",
        "verify-original" => "running the whole workload on the original",
        "plan" => "planning",
        "apply" => "writing the hardened image",
        "verify" => "running the whole workload on the hardened image",
        "repair" => "looking for what is missing",
        "prove" => "proving the hardening",
        other => other,
    }
}

impl Progress for Stages {
    fn stage(&mut self, name: &str) {
        if let Some(bar) = &self.bar {
            bar.reset_elapsed();
            bar.set_message(title(name).to_owned());
        }
    }

    fn stage_done(&mut self, name: &str, took: Duration) {
        if let Some(bar) = &self.bar {
            bar.println(format!("{:>9.3} s  {}", took.as_secs_f64(), title(name)));
        }
    }

    fn step(&mut self, image: &str, step: &StepRun) {
        if let Some(bar) = &self.bar {
            let went = if step.verdict.passed() { "ok" } else { "failed" };
            bar.set_message(format!("{image}: {} {went}", step.title()));
        }
    }

    fn note(&mut self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.println(text);
        }
    }
}
