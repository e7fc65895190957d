//! Files that BuildKit accepts, read as it reads them.

use casehard_dockerfile::{Arguments, Base, Dockerfile, Form, Keyword, Model, ProblemKind, UserState, Value};
use proptest::prelude::*;

fn parse(text: &str) -> Dockerfile {
    Dockerfile::parse(text.as_bytes())
}

fn shell(document: &Dockerfile, index: usize) -> String {
    match document.instructions()[index].command() {
        Some(Form::Shell(text)) => text.text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn continuations_hold_comments_blank_lines_and_trailing_blanks() {
    let document = parse("FROM a\nRUN one \\  \n  # remark\n\n  two \\\n  three\nUSER 1\n");
    assert_eq!(shell(&document, 1), "one   two   three");
    assert_eq!(document.instructions()[2].keyword, Keyword::User);
    assert_eq!(document.problems().len(), 1, "the blank line: {:?}", document.problems());
    let document = parse("FROM a\nRUN echo \\\\\nUSER 1");
    assert_eq!(document.instructions().len(), 3, "an escaped escape does not continue");
}

#[test]
fn heredocs_in_all_forms() {
    let text = "FROM a\nRUN <<EOF\nUSER x\nEOF\nRUN <<-\"A\" cat && <<B cat\n\tone\n\tA\ntwo\nB\nCOPY <<f <<g /d/\n1\nf\n2\ng\nONBUILD RUN <<E\nx\nE\n# end\nUSER 7\n";
    let document = parse(text);
    let contents = |index: usize| {
        let heredocs = &document.instructions()[index].inner().heredocs;
        heredocs.iter().map(|h| (h.name.as_str(), h.content.text.as_str(), h.expand)).collect::<Vec<_>>()
    };
    assert_eq!(contents(1), [("EOF", "USER x\n", true)]);
    assert_eq!(contents(2), [("A", "one\n", false), ("B", "two\n", true)]);
    assert_eq!(contents(3), [("f", "1\n", true), ("g", "2\n", true)]);
    assert_eq!(contents(4), [("E", "x\n", true)]);
    assert_eq!(document.instructions()[5].keyword, Keyword::User);
    assert!(document.problems().is_empty());
    let document = parse("FROM a\r\nRUN <<EOF\r\nid\r\nEOF\r\nUSER 1\r\n");
    assert_eq!(document.instructions()[2].keyword, Keyword::User);
    assert!(matches!(parse("FROM a\nRUN <<X\n").problems()[0].kind, ProblemKind::UnterminatedHeredoc(_)));
}

#[test]
fn json_falls_back_to_the_shell() {
    let document = parse("FROM a\nCMD [ \"a\", \"b\\\"c\" ]\nCMD ['a']\nENTRYPOINT []\nCMD [\"a\"] b\n");
    let words: Vec<_> = document.instructions()[1].words().iter().map(|w| w.text.as_str()).collect();
    assert_eq!(words, ["a", "b\"c"]);
    assert_eq!(&document.text()[document.instructions()[1].words()[1].range.clone()], "\"b\\\"c\"");
    assert_eq!(shell(&document, 2), "['a']");
    assert_eq!(document.instructions()[3].command(), Some(&Form::Exec(Vec::new())));
    assert_eq!(shell(&document, 4), "[\"a\"] b");
}

#[test]
fn flags_end_where_they_end() {
    let text = "FROM --platform=linux/amd64 a AS b\nRUN --mount=type=secret,id=x --network=none -- --foo\nCOPY --chown=1:1 --link a b\n";
    let document = parse(text);
    let flags = |index: usize| {
        document.instructions()[index].flags.iter().map(|f| f.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(flags(1), ["mount", "network"]);
    assert_eq!(shell(&document, 1), "--foo");
    assert_eq!(flags(2), ["chown", "link"]);
}

#[test]
fn backtick_escape_keeps_windows_paths() {
    let document = parse("# escape=`\nFROM a\nCOPY x C:\\dir\\\nRUN dir `\n  C:\\\n");
    assert_eq!(document.instructions().len(), 3);
    assert_eq!(document.instructions()[1].words()[1].text, "C:\\dir\\");
    assert_eq!(shell(&document, 2), "dir   C:\\");
}

#[test]
fn pairs_old_and_new() {
    let document = parse("FROM a\nENV A=1 B=\"x y\" C=a\\ b\nENV D some text\nARG E F=2\nLABEL x\n");
    let Arguments::Pairs { pairs, legacy } = &document.instructions()[1].arguments else { panic!() };
    assert_eq!((pairs.len(), *legacy), (3, false));
    let Arguments::Pairs { pairs, legacy } = &document.instructions()[2].arguments else { panic!() };
    assert_eq!((pairs[0].value.as_ref().unwrap().text.as_str(), *legacy), ("some text", true));
    assert!(document.problems().iter().any(|p| matches!(p.kind, ProblemKind::NotAPair { .. })));
}

#[test]
fn stages_inherit() {
    let text = "ARG V=1\nARG BASE\nFROM alpine:$V AS one\nUSER 5:6\nWORKDIR /a\nENV X=y\nSHELL [\"/bin/bash\",\"-c\"]\nFROM one AS two\nWORKDIR $X\nARG V\nFROM scratch\nFROM $BASE\n";
    let document = parse(text);
    let model = Model::of(&document);
    let stages = model.stages();
    assert_eq!(stages[0].base, Base::Image("alpine:1".into()));
    assert_eq!(stages[1].base, Base::Stage(0));
    assert_eq!(stages[1].end.workdir, Some(Value::from("/a/y")));
    assert_eq!(stages[1].end.args["V"], Some(Value::from("1")));
    assert!(matches!(&stages[1].end.user, UserState::Set { value: Value::Known(user), .. } if user == "5:6"));
    assert_eq!(stages[1].end.shell.as_deref().unwrap()[0], "/bin/bash");
    assert_eq!((&stages[2].base, &stages[2].end.user), (&Base::Scratch, &UserState::Default));
    assert_eq!(stages[3].base, Base::Unknown);
}

#[test]
fn words_know_their_place_through_continuations() {
    let text = "FROM a\nENV A=1 \\\n # c\n    B=22\n";
    let document = parse(text);
    let pairs = document.instructions()[1].pairs();
    let word = pairs[1].value.as_ref().unwrap();
    assert_eq!(&text[word.range.clone()], "22");
    assert_eq!(document.position(word.range.start), (4, 7));
}

proptest! {
    #[test]
    fn printing_gives_the_same_bytes(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("FROM a\n"), Just("RUN x \\\n"), Just("# c\n"), Just("\n"), Just("<<EOF"), Just("EOF\n"), Just(" "),
                Just("COPY "), Just("ENV a=b"), Just("\r\n"), Just("\u{feff}"), Just("# escape=`\n"), Just("`\n"), Just("[\"x\"]"),
                Just("ONBUILD "), Just("é"), Just("'"), Just("\""), Just("--x=y "), Just("\t"), Just("${a:-"), Just("RUN <<A <<-B\n"),
            ],
            0..40,
        )
    ) {
        let text = parts.concat();
        let document = parse(&text);
        prop_assert_eq!(document.print(), text.clone());
        let mut at = 0;
        for item in document.items() {
            prop_assert_eq!(item.range.start, at);
            at = item.range.end;
        }
        let model = Model::of(&document);
        for instruction in document.instructions() {
            prop_assert!(text.get(instruction.range.clone()).is_some());
            if let Some(Form::Shell(script)) = instruction.command() {
                for command in casehard_dockerfile::shell::parse(script).commands {
                    prop_assert!(text.get(command.range.clone()).is_some());
                }
            }
        }
        prop_assert!(model.stages().len() <= document.instructions().len());
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let document = Dockerfile::parse(&bytes);
        prop_assert_eq!(document.print().len(), bytes.len());
        let _ = Model::of(&document);
    }
}
