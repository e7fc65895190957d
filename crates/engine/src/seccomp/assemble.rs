//! Rules made into a BPF program that the kernel runs on each system call (`linux/seccomp.h`, `linux/filter.h`).

use std::collections::BTreeMap;

use super::Architecture;
use crate::supervisor::Operation;

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is made.
    Allow,
    /// It is made and written to the audit log.
    Log,
    /// It fails with this error number.
    Errno(u16),
    /// The process gets `SIGSYS`.
    Trap,
    /// A tracer decides; without one it fails with `ENOSYS`.
    Trace(u16),
    /// A listener decides.
    Notify,
    /// The thread is killed.
    KillThread,
    /// The process is killed.
    KillProcess,
}

impl Verdict {
    const fn value(self) -> u32 {
        match self {
            Self::Allow => libc::SECCOMP_RET_ALLOW,
            Self::Log => libc::SECCOMP_RET_LOG,
            Self::Errno(number) => libc::SECCOMP_RET_ERRNO | number as u32,
            Self::Trap => libc::SECCOMP_RET_TRAP,
            Self::Trace(number) => libc::SECCOMP_RET_TRACE | number as u32,
            Self::Notify => libc::SECCOMP_RET_USER_NOTIF,
            Self::KillThread => libc::SECCOMP_RET_KILL_THREAD,
            Self::KillProcess => libc::SECCOMP_RET_KILL_PROCESS,
        }
    }
}

/// How an argument is compared, as an unsigned number of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// It is the value.
    Equal,
    /// It is not.
    NotEqual,
    /// It is less.
    Less,
    /// It is not more.
    LessOrEqual,
    /// It is not less.
    GreaterOrEqual,
    /// It is more.
    Greater,
    /// With only these bits left, it is the value.
    Masked(u64),
}

/// A condition on an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    /// Which argument, from 0.
    pub argument: u8,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub value: u64,
}

/// The rules of one architecture.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Which one.
    pub architecture: Architecture,
    /// By number of the call: verdicts in order, each when all its conditions hold.
    pub calls: BTreeMap<u32, Vec<(Vec<Condition>, Verdict)>>,
    /// For a call of which no rule holds.
    pub otherwise: Verdict,
    /// For a call that this program does not know, as its number is too large.
    pub unknown: Verdict,
}

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const AND: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
const GO: u16 = (libc::BPF_JMP | libc::BPF_JA) as u16;
const IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const IF_GREATER: u16 = (libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K) as u16;
const IF_NOT_LESS: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// Offsets in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;
/// Calls of the x32 form of x86-64 have this bit.
const X32: u32 = 0x4000_0000;

/// A place in the program that is not known yet.
#[derive(Clone, Copy)]
struct Label(usize);

#[derive(Default)]
struct Assembler {
    operations: Vec<Operation>,
    /// Where each label is.
    places: Vec<Option<usize>>,
    /// Unconditional jumps and where they go.
    jumps: Vec<(usize, Label)>,
}

impl Assembler {
    fn label(&mut self) -> Label {
        self.places.push(None);
        Label(self.places.len() - 1)
    }

    fn here(&mut self, label: Label) {
        self.places[label.0] = Some(self.operations.len());
    }

    fn put(&mut self, code: u16, value: u32) {
        self.operations.push(Operation(code, 0, 0, value));
    }

    fn go(&mut self, label: Label) {
        self.jumps.push((self.operations.len(), label));
        self.put(GO, 0);
    }

    /// Goes to `label` unless the test holds. A conditional jump reaches 255 operations, an unconditional one any.
    fn unless(&mut self, code: u16, value: u32, label: Label) {
        self.operations.push(Operation(code, 1, 0, value));
        self.go(label);
    }

    /// Goes to `label` if the test holds.
    fn when(&mut self, code: u16, value: u32, label: Label) {
        self.operations.push(Operation(code, 0, 1, value));
        self.go(label);
    }

    fn give(&mut self, verdict: Verdict) {
        self.put(RETURN, verdict.value());
    }

    fn finish(mut self) -> Vec<Operation> {
        for (from, label) in self.jumps {
            let to = self.places[label.0].unwrap_or(from + 1);
            self.operations[from].3 = u32::try_from(to - from - 1).unwrap_or(0);
        }
        self.operations
    }

    /// Goes to `fail` unless the condition holds.
    fn condition(&mut self, condition: &Condition, fail: Label) {
        let low_at = ARGUMENTS + 8 * u32::from(condition.argument);
        let (high, low) = halves(condition.value);
        let matched = self.label();
        match condition.comparison {
            Comparison::Masked(mask) => {
                let (mask_high, mask_low) = halves(mask);
                for (at, mask, value) in [(low_at + 4, mask_high, high), (low_at, mask_low, low)] {
                    self.put(LOAD, at);
                    self.put(AND, mask);
                    self.unless(IF_EQUAL, value & mask, fail);
                }
            }
            Comparison::Equal => {
                self.put(LOAD, low_at + 4);
                self.unless(IF_EQUAL, high, fail);
                self.put(LOAD, low_at);
                self.unless(IF_EQUAL, low, fail);
            }
            Comparison::NotEqual => {
                self.put(LOAD, low_at + 4);
                self.unless(IF_EQUAL, high, matched);
                self.put(LOAD, low_at);
                self.when(IF_EQUAL, low, fail);
            }
            Comparison::GreaterOrEqual | Comparison::Greater => {
                let test = if condition.comparison == Comparison::Greater { IF_GREATER } else { IF_NOT_LESS };
                self.put(LOAD, low_at + 4);
                self.when(IF_GREATER, high, matched);
                self.unless(IF_EQUAL, high, fail);
                self.put(LOAD, low_at);
                self.unless(test, low, fail);
            }
            Comparison::Less | Comparison::LessOrEqual => {
                let test = if condition.comparison == Comparison::Less { IF_NOT_LESS } else { IF_GREATER };
                self.put(LOAD, low_at + 4);
                self.when(IF_GREATER, high, fail);
                self.unless(IF_EQUAL, high, matched);
                self.put(LOAD, low_at);
                self.when(test, low, fail);
            }
        }
        self.here(matched);
    }

    /// The rules of a single call.
    fn call(&mut self, rules: &[(Vec<Condition>, Verdict)], otherwise: Verdict) {
        for (conditions, verdict) in rules {
            let next = self.label();
            for condition in conditions {
                self.condition(condition, next);
            }
            self.give(*verdict);
            if conditions.is_empty() {
                return;
            }
            self.here(next);
        }
        self.give(otherwise);
    }

    /// A search in the runs of calls that are treated alike; the number is loaded.
    fn search(&mut self, runs: &[Run<'_>], otherwise: Verdict) {
        match runs {
            [] => {}
            [run] => match run.rules {
                Some(rules) => self.call(rules, otherwise),
                None => self.give(otherwise),
            },
            _ => {
                let (left, right) = runs.split_at(runs.len() / 2);
                let upper = self.label();
                self.when(IF_NOT_LESS, right[0].first, upper);
                self.search(left, otherwise);
                self.here(upper);
                self.search(right, otherwise);
            }
        }
    }
}

/// Calls from `first` on that are treated alike.
struct Run<'a> {
    first: u32,
    rules: Option<&'a [(Vec<Condition>, Verdict)]>,
}

fn runs(rules: &Rules) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = vec![Run { first: 0, rules: None }];
    let mut next = 0;
    for (&number, call) in &rules.calls {
        if number > next {
            add(&mut runs, next, None);
        }
        add(&mut runs, number, Some(call.as_slice()));
        next = number + 1;
    }
    add(&mut runs, next, None);
    runs
}

fn add<'a>(runs: &mut Vec<Run<'a>>, first: u32, rules: Option<&'a [(Vec<Condition>, Verdict)]>) {
    match runs.last_mut() {
        Some(last) if last.first == first => last.rules = rules,
        Some(last) if last.rules == rules => {}
        _ => runs.push(Run { first, rules }),
    }
}

const fn halves(value: u64) -> (u32, u32) {
    ((value >> 32) as u32, value as u32)
}

/// The program for these rules; a call in an architecture that has none gets `foreign`. The kernel takes programs of
/// up to 4,096 operations.
#[must_use]
pub fn assemble(all: &[Rules], foreign: Verdict) -> Vec<Operation> {
    let mut assembler = Assembler::default();
    assembler.put(LOAD, ARCHITECTURE);
    for rules in all {
        let next = assembler.label();
        assembler.unless(IF_EQUAL, rules.architecture.audit(), next);
        assembler.put(LOAD, NUMBER);
        let known = assembler.label();
        let last = rules.architecture.last().max(rules.calls.keys().copied().max().unwrap_or(0));
        if rules.architecture == Architecture::X86_64 {
            let proper = assembler.label();
            assembler.unless(IF_NOT_LESS, X32, proper);
            // The number -1 is that of no call; a tracer leaves it where it has dealt with one itself.
            assembler.give(Verdict::Errno(libc::ENOSYS as u16));
            assembler.here(proper);
        }
        assembler.unless(IF_GREATER, last, known);
        assembler.give(rules.unknown);
        assembler.here(known);
        assembler.search(&runs(rules), rules.otherwise);
        assembler.here(next);
    }
    assembler.give(foreign);
    assembler.finish()
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the kernel would do: runs a program on a call.
    pub(in super::super) fn run(
        program: &[Operation],
        number: u32,
        architecture: u32,
        arguments: [u64; 6],
    ) -> u32 {
        let mut data = vec![number, architecture, 0, 0];
        data.extend(arguments.iter().flat_map(|&argument| [argument as u32, (argument >> 32) as u32]));
        let (mut at, mut accumulator) = (0, 0);
        loop {
            let Operation(code, yes, no, value) = program[at];
            at += 1;
            match code {
                LOAD => accumulator = data[value as usize / 4],
                AND => accumulator &= value,
                GO => at += value as usize,
                RETURN => return value,
                _ => {
                    let holds = match code {
                        IF_EQUAL => accumulator == value,
                        IF_GREATER => accumulator > value,
                        IF_NOT_LESS => accumulator >= value,
                        _ => unreachable!(),
                    };
                    at += usize::from(if holds { yes } else { no });
                }
            }
        }
    }

    fn holds(condition: &Condition, arguments: &[u64; 6]) -> bool {
        let argument = arguments[usize::from(condition.argument)];
        match condition.comparison {
            Comparison::Equal => argument == condition.value,
            Comparison::NotEqual => argument != condition.value,
            Comparison::Less => argument < condition.value,
            Comparison::LessOrEqual => argument <= condition.value,
            Comparison::GreaterOrEqual => argument >= condition.value,
            Comparison::Greater => argument > condition.value,
            Comparison::Masked(mask) => argument & mask == condition.value & mask,
        }
    }

    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![0..4_u64, Just(u64::MAX), (0..3_u64).prop_map(|high| high << 32 | 2), any::<u64>()]
    }

    fn condition() -> impl Strategy<Value = Condition> {
        let comparison = prop_oneof![
            Just(Comparison::Equal),
            Just(Comparison::NotEqual),
            Just(Comparison::Less),
            Just(Comparison::LessOrEqual),
            Just(Comparison::GreaterOrEqual),
            Just(Comparison::Greater),
            number().prop_map(Comparison::Masked),
        ];
        (0..6_u8, comparison, number()).prop_map(|(argument, comparison, value)| Condition {
            argument,
            comparison,
            value,
        })
    }

    fn verdict() -> impl Strategy<Value = Verdict> {
        prop_oneof![Just(Verdict::Allow), Just(Verdict::Notify), (1..40_u16).prop_map(Verdict::Errno)]
    }

    proptest! {
        #[test]
        fn a_program_decides_as_its_rules_do(
            calls in proptest::collection::btree_map(
                0..60_u32,
                proptest::collection::vec((proptest::collection::vec(condition(), 0..3), verdict()), 1..3),
                0..30,
            ),
            call in 0..70_u32,
            arguments in proptest::array::uniform6(number()),
        ) {
            let rules = Rules {
                architecture: Architecture::X86_64,
                calls,
                otherwise: Verdict::Errno(1),
                unknown: Verdict::Errno(38),
            };
            let expected = rules.calls.get(&call).and_then(|rules| {
                rules.iter().find(|(conditions, _)| conditions.iter().all(|one| holds(one, &arguments)))
            });
            let expected = expected.map_or(rules.otherwise, |(_, verdict)| *verdict);
            let program = assemble(std::slice::from_ref(&rules), Verdict::KillProcess);
            prop_assert_eq!(run(&program, call, Architecture::X86_64.audit(), arguments), expected.value());
            prop_assert_eq!(run(&program, 5000, Architecture::X86_64.audit(), arguments), Verdict::Errno(38).value());
            let foreign = run(&program, call, Architecture::Aarch64.audit(), arguments);
            prop_assert_eq!(foreign, Verdict::KillProcess.value());
        }
    }
}
