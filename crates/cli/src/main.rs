//! `casehard`, the command line.
//!
//! A command reads its arguments, makes options of them, and calls one function of a library. Exit codes: 0 done and
//! the answer is good, 1 done and the answer is no, 2 wrong usage or configuration, 3 could not be done, 70 our bug.

mod answer;
mod attached;
mod bill;
mod cache_age;
mod commands;
mod context;
mod documents;
mod failure;
mod findings;
mod limit;
mod lint;
mod lsp;
mod output_file;
mod output_folder;
mod place;
mod policy;
mod progress;
mod recipe;
mod rewrite;
mod scan_inputs;
mod signed_store;
mod stages;
mod store_files;
mod suggestions;
mod workload;

use std::process::ExitCode;

use clap::Parser as _;

pub use crate::{context::Context, failure::Failure};

/// What a command that could be carried out answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The answer is good: exit code 0.
    Good,
    /// The answer is no: exit code 1.
    No,
    /// The exit code of a program that was run for the user.
    Code(u8),
}

/// Hardens container images: removes what the application does not use, and proves that it still works.
#[derive(Debug, clap::Parser)]
#[command(name = "casehard", version, arg_required_else_help = true, max_term_width = 110)]
struct Arguments {
    #[command(flatten)]
    global: context::Global,
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    // This program starts itself again for what a process with threads may not do.
    casehard_record::enter_if_asked();
    casehard_engine::give_back_freed_memory();
    let result = std::panic::catch_unwind(|| {
        let arguments = Arguments::parse();
        let context = Context::new(arguments.global);
        let result = commands::run(arguments.command, &context);
        (result, context)
    });
    match result {
        Ok((Ok(Verdict::Good), _)) => ExitCode::SUCCESS,
        Ok((Ok(Verdict::No), _)) => ExitCode::from(1),
        Ok((Ok(Verdict::Code(code)), _)) => ExitCode::from(code),
        Ok((Err(failure), context)) if failure.is_broken_pipe() => {
            drop(context);
            ExitCode::SUCCESS
        }
        Ok((Err(failure), context)) => {
            context.say_failure(&failure);
            failure.code()
        }
        // The panic hook has already printed what and where.
        Err(_) => {
            anstream::eprintln!("casehard: this is a bug in casehard; please report it with the lines above");
            ExitCode::from(70)
        }
    }
}
