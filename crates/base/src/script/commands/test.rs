//! `test` and `[` (POSIX.1-2024).

use crate::{
    root::{Kind, Root},
    script::shell::Shell,
};

/// Whether an expression is true.
pub(super) fn test(shell: &Shell<'_, '_>, words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => return false,
        [one] => return !one.is_empty(),
        ["!", one] => return one.is_empty(),
        [operator, operand] if operator.starts_with('-') => return unary(shell, operator, operand),
        [left, operator, right] if is_binary(operator) => return binary(shell, left, operator, right),
        ["!", ref rest @ ..] if rest.len() <= 3 => {
            let rest: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
            return !test(shell, &rest);
        }
        _ => {}
    }
    let mut at = 0;
    any(shell, &words, &mut at)
}

fn any(shell: &Shell<'_, '_>, words: &[&str], at: &mut usize) -> bool {
    let mut result = all(shell, words, at);
    while words.get(*at) == Some(&"-o") {
        *at += 1;
        result |= all(shell, words, at);
    }
    result
}

fn all(shell: &Shell<'_, '_>, words: &[&str], at: &mut usize) -> bool {
    let mut result = one(shell, words, at);
    while words.get(*at) == Some(&"-a") {
        *at += 1;
        result &= one(shell, words, at);
    }
    result
}

fn one(shell: &Shell<'_, '_>, words: &[&str], at: &mut usize) -> bool {
    let rest = words.get(*at..).unwrap_or_default();
    match rest {
        ["!", ..] => {
            *at += 1;
            !one(shell, words, at)
        }
        ["(", ..] => {
            *at += 1;
            let result = any(shell, words, at);
            *at += 1;
            result
        }
        [left, operator, right, ..] if is_binary(operator) => {
            *at += 3;
            binary(shell, left, operator, right)
        }
        [operator, operand, ..] if operator.starts_with('-') && operator.len() == 2 => {
            *at += 2;
            unary(shell, operator, operand)
        }
        [word, ..] => {
            *at += 1;
            !word.is_empty()
        }
        [] => false,
    }
}

fn is_binary(operator: &str) -> bool {
    matches!(
        operator,
        "=" | "==" | "!=" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-nt" | "-ot" | "-ef"
    )
}

fn binary(shell: &Shell<'_, '_>, left: &str, operator: &str, right: &str) -> bool {
    let number = |text: &str| text.trim().parse::<i64>().unwrap_or(0);
    match operator {
        "=" | "==" => left == right,
        "!=" => left != right,
        "<" => left < right,
        ">" => left > right,
        "-eq" => number(left) == number(right),
        "-ne" => number(left) != number(right),
        "-lt" => number(left) < number(right),
        "-le" => number(left) <= number(right),
        "-gt" => number(left) > number(right),
        "-ge" => number(left) >= number(right),
        "-ef" => {
            let real = |text: &str| shell.machine.root.resolve(&shell.path(text), true);
            real(left) == real(right)
        }
        _ => {
            let time = |text: &str| {
                let node = shell.machine.root.get(&shell.path(text), true)?.1;
                Some(node.mtime.unwrap_or(i64::MAX))
            };
            let (left, right) = (time(left), time(right));
            if operator == "-nt" { left > right } else { left < right }
        }
    }
}

fn unary(shell: &Shell<'_, '_>, operator: &str, operand: &str) -> bool {
    match operator {
        "-n" => return !operand.is_empty(),
        "-z" => return operand.is_empty(),
        "-t" => return false,
        _ => {}
    }
    if operand.is_empty() {
        return false;
    }
    let path = shell.path(operand);
    let root: &Root = &shell.machine.root;
    if matches!(operator, "-h" | "-L") {
        return root.get(&path, false).is_some_and(|(_, node)| matches!(node.kind, Kind::Symlink(_)));
    }
    if path.is_root() {
        return matches!(operator, "-e" | "-d" | "-r" | "-w" | "-x" | "-s");
    }
    let Some((_, node)) = root.get(&path, true) else { return false };
    match operator {
        "-d" => node.is_directory(),
        "-f" => matches!(node.kind, Kind::File { .. }),
        "-p" => node.kind == Kind::Fifo,
        "-s" => match &node.kind {
            Kind::File { content, .. } => content.size() > 0,
            _ => true,
        },
        "-x" => node.is_directory() || node.mode & 0o111 != 0,
        "-u" => node.mode & 0o4000 != 0,
        "-g" => node.mode & 0o2000 != 0,
        "-k" => node.mode & 0o1000 != 0,
        "-O" => node.uid == 0,
        "-G" => node.gid == 0,
        "-e" | "-r" | "-w" => true,
        _ => false,
    }
}
