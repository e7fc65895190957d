//! A Dockerfile with everything that its rules look at, worked out once.

use std::ops::Range;

use casehard_dockerfile::{Base, Dockerfile, Instruction, Keyword, Model, Stage, UserState, Value, Word};

use super::{BuildContext, Call, ImageName, Install, Step};

/// A Dockerfile with everything that its rules look at.
pub(crate) struct Input<'a> {
    pub(crate) document: &'a Dockerfile,
    pub(crate) model: Model<'a>,
    pub(crate) steps: Vec<Step<'a>>,
    pub(crate) context: Option<&'a BuildContext>,
    pub(crate) settings: &'a crate::Settings,
    /// By stage: whether the stage that is shipped starts from it.
    shipped: Vec<bool>,
}

impl<'a> Input<'a> {
    pub(crate) fn new(
        document: &'a Dockerfile,
        context: Option<&'a BuildContext>,
        settings: &'a crate::Settings,
    ) -> Self {
        let model = Model::of(document);
        let all = document.instructions().iter().enumerate();
        let steps = all.filter_map(|(index, instruction)| Step::new(index, instruction, &model)).collect();
        let mut shipped = vec![false; model.stages().len()];
        if let Some(last) = model.last_stage() {
            for stage in model.lineage(last.index) {
                shipped[stage.index] = true;
            }
        }
        Self { document, model, steps, context, settings, shipped }
    }

    /// Every instruction with its index; what `ONBUILD` postpones stands in its place.
    pub(crate) fn instructions(&self) -> impl Iterator<Item = (usize, &'a Instruction)> {
        self.document.instructions().iter().map(Instruction::inner).enumerate()
    }

    /// The instructions of one kind.
    pub(crate) fn each(&self, keyword: Keyword) -> impl Iterator<Item = (usize, &'a Instruction)> {
        self.instructions().filter(move |(_, instruction)| instruction.keyword == keyword)
    }

    /// The instructions of a stage itself.
    pub(crate) fn of_stage(&self, stage: &Stage) -> impl Iterator<Item = (usize, &'a Instruction)> {
        let all = self.document.instructions();
        stage.instructions.clone().map(move |index| (index, all[index].inner()))
    }

    /// Whether the shipped stage is made of this one.
    pub(crate) fn is_shipped(&self, stage: usize) -> bool {
        self.shipped.get(stage).copied().unwrap_or_default()
    }

    /// Whether the instruction makes a part of the shipped stage.
    pub(crate) fn is_shipped_at(&self, instruction: usize) -> bool {
        self.model.stage_of(instruction).is_some_and(|stage| self.is_shipped(stage.index))
    }

    /// The `RUN`s of the shipped stage, oldest first.
    pub(crate) fn shipped_steps(&self) -> impl Iterator<Item = &Step<'a>> {
        self.steps.iter().filter(|step| self.is_shipped(step.stage))
    }

    /// Every call in every `RUN`.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (&Step<'a>, Call<'_>)> {
        self.steps.iter().flat_map(|step| step.calls().map(move |call| (step, call)))
    }

    /// Every installation.
    pub(crate) fn installs(&self) -> impl Iterator<Item = (&Step<'a>, Install<'_>)> {
        self.calls().filter_map(|(step, call)| Some((step, Install::of(call)?)))
    }

    /// The image at the bottom of a stage, when it is known.
    pub(crate) fn image_below(&self, stage: usize) -> Option<&str> {
        self.model.lineage(stage).last().and_then(|stage| match &stage.base {
            Base::Image(name) => Some(name.as_str()),
            Base::Scratch => Some("scratch"),
            _ => None,
        })
    }

    /// Whether a stage has no shell: `scratch` or a shell-less base, and nothing copied that may bring one.
    pub(crate) fn is_shell_less(&self, stage: usize) -> bool {
        self.image_below(stage).is_some_and(|image| ImageName::parse(image).is_shell_less())
            && !self.model.lineage(stage).any(|stage| {
                self.of_stage(stage).any(|(_, instruction)| {
                    matches!(instruction.keyword, Keyword::Copy | Keyword::Add)
                        && instruction.words().iter().any(|word| {
                            let text = word.text.trim_end_matches('/');
                            text.is_empty()
                                || text.contains("busybox")
                                || text.ends_with("rootfs")
                                || text.contains(".tar")
                                || text.ends_with("/bin")
                                || text.ends_with("/sh")
                                || text.ends_with("/bash")
                        })
                })
            })
    }

    /// The user that holds at the end of a stage and the instruction that set it.
    pub(crate) fn user_at_end<'s>(&self, stage: &'s Stage) -> Option<(&'s Value, usize)> {
        match &stage.end.user {
            UserState::Set { value, instruction } => Some((value, *instruction)),
            _ => None,
        }
    }

    /// Places that name an image or a stage other than `FROM`: `COPY --from` and `RUN --mount=from=`.
    pub(crate) fn stage_words(&self) -> Vec<(usize, Word)> {
        self.model.image_words()
    }

    /// The whole line range of an instruction's first line, for findings about what is missing.
    pub(crate) fn head(&self, index: usize) -> Range<usize> {
        self.document.instructions()[index].range.clone()
    }

    /// Whether bytes are a part of the text as they are: no continuation or comment between.
    pub(crate) fn source(&self, range: Range<usize>) -> &'a str {
        self.document.text().get(range).unwrap_or_default()
    }
}
