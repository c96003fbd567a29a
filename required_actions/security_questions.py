"""The questions people may choose from: a university's own list, or the one we propose."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from required_actions.registry import Options

__all__ = ["PROPOSED", "SecurityQuestionOptions"]

PROPOSED: tuple[dict[str, str], ...] = (
    {"fr": "Comment s'appelait votre premier doudou ?", "en": "What was the name of your first soft toy?"},
    {
        "fr": "Quel surnom donniez-vous à votre meilleur ami ou meilleure amie d'enfance ?",
        "en": "What nickname did you give your best friend as a child?",
    },
    {
        "fr": "Quel est le premier plat que vous avez appris à cuisiner ?",
        "en": "What was the first dish you learnt to cook?",
    },
    {
        "fr": "Quel livre de votre enfance avez-vous lu le plus souvent ?",
        "en": "Which book of your childhood did you read most often?",
    },
    {
        "fr": "Qu'avez-vous acheté avec le premier argent que vous avez gagné ?",
        "en": "What did you buy with the first money you earned?",
    },
    {
        "fr": "Quel est le premier concert ou spectacle que vous avez choisi de voir ?",
        "en": "What was the first concert or show you chose to go to?",
    },
    {
        "fr": "Où vous cachiez-vous quand vous étiez enfant ?",
        "en": "Where did you hide as a child?",
    },
    {
        "fr": "Quel cours de l'école primaire vous a le plus ennuyé ?",
        "en": "Which lesson at primary school bored you most?",
    },
)
"""Neither on paper anywhere nor shown on social networks, and the answer stays the same for life.

The classic ones (a mother's maiden name, a town of birth, a first school) are public records: a university may list
them, we do not propose them.
"""


class SecurityQuestionOptions(Options):
    """``[steps.security_question]`` of a profile."""

    questions: tuple[dict[str, str], ...] = PROPOSED
    """Each by language."""
    own: bool = True
    """Whether people may write a question of their own."""
    advice: dict[str, str] = Field(default_factory=dict)
    """By language: what to bear in mind when choosing, as where a question has an answer others can find out."""

    @field_validator("questions")
    @classmethod
    def _worded(cls, questions: tuple[dict[str, str], ...]) -> tuple[dict[str, str], ...]:
        if any(not question or not all(text.strip() for text in question.values()) for question in questions):
            raise ValueError("each question needs a text in at least one language, and no empty one")
        return questions

    @model_validator(mode="after")
    def _something_to_choose(self) -> SecurityQuestionOptions:
        if not self.questions and not self.own:
            raise ValueError("list questions, or let people write their own")
        return self

    def told(self, language: str) -> list[str]:
        """The questions in that language, each else in the first one it is written in."""
        return [question.get(language) or next(iter(question.values())) for question in self.questions]
