//! How far a build is, drawn on a terminal.

use std::{sync::Mutex, time::Instant};

use casehard_base::{Progress, Stage};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Context;

/// One line per stage with its time, and a bar for those whose size is known. Nothing when standard error is no terminal.
pub struct Stages<'a> {
    context: &'a Context,
    current: Mutex<Option<(Stage, Instant, ProgressBar)>>,
}

impl<'a> Stages<'a> {
    pub const fn new(context: &'a Context) -> Self {
        Self { context, current: Mutex::new(None) }
    }

    /// Ends the last stage.
    pub fn finish(&self) {
        self.replace(None);
    }

    fn replace(&self, next: Option<Stage>) {
        let Ok(mut current) = self.current.lock() else { return };
        if let Some((stage, start, bar)) = current.take() {
            bar.finish_and_clear();
            self.context.say(format_args!("{:<24} {:>6.1} s", name(stage), start.elapsed().as_secs_f64()));
        }
        *current = next.map(|stage| {
            let bar = ProgressBar::new_spinner().with_message(name(stage));
            (stage, Instant::now(), bar)
        });
    }
}

impl Progress for Stages<'_> {
    fn stage(&self, stage: Stage) {
        if self.context.draws_progress() {
            self.replace(Some(stage));
        }
    }

    fn total(&self, bytes: u64) {
        if let Ok(current) = self.current.lock()
            && let Some((.., bar)) = &*current
        {
            bar.set_length(bytes);
            if let Ok(style) = ProgressStyle::with_template("{msg:<24} {bar:30} {bytes}/{total_bytes}") {
                bar.set_style(style);
            }
        }
    }

    fn advance(&self, bytes: u64) {
        if let Ok(current) = self.current.lock()
            && let Some((.., bar)) = &*current
        {
            bar.inc(bytes);
        }
    }
}

const fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Indexes => "verify package indexes",
        Stage::Resolve => "resolve dependencies",
        Stage::Download => "download packages",
        Stage::Read => "read packages",
        Stage::Configure => "configure",
        Stage::Write => "write image",
        _ => "work",
    }
}
