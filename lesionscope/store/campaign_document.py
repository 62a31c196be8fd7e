"""The plan of a campaign as the record keeps it: plain JSON, hashed when the campaign starts."""

from __future__ import annotations

from datetime import date
from typing import Any

from lesionscope.core.campaign import Asked, CampaignPlan, CaseUnit, ReadDesign
from lesionscope.core.criterion import (
    Bound,
    Criterion,
    DiscordanceRule,
    Quantity,
    bound_from,
)
from lesionscope.store.tables import Row


def plan_content(plan: CampaignPlan) -> Row:
    """Return a plan as plain JSON values; `plan_from` reads it back."""
    return {
        "name": plan.name,
        "design": plan.design.value,
        "unit": plan.unit.value,
        "asked": [asked.value for asked in plan.asked],
        "readers": list(plan.readers),
        "third_reader": plan.third_reader,
        "seed": plan.seed,
        "repeat_percent": plan.repeat_percent,
        "hide_location": plan.hide_location,
        "show_suggestion": plan.show_suggestion,
        "due": plan.due.isoformat() if plan.due else None,
        "rules": [_rule_content(rule) for rule in plan.rules],
        "eligibility": [_criterion_content(criterion) for criterion in plan.eligibility],
    }


def plan_from(content: Row) -> CampaignPlan:
    """Return the plan that `plan_content` wrote."""
    return CampaignPlan(
        name=content["name"],
        design=ReadDesign(content["design"]),
        unit=CaseUnit(content["unit"]),
        asked=tuple(Asked(asked) for asked in content["asked"]),
        readers=tuple(content["readers"]),
        third_reader=content["third_reader"],
        seed=content["seed"],
        repeat_percent=content["repeat_percent"],
        hide_location=content["hide_location"],
        show_suggestion=content["show_suggestion"],
        due=date.fromisoformat(content["due"]) if content["due"] else None,
        rules=tuple(_rule_from(rule) for rule in content["rules"]),
        eligibility=tuple(_criterion_from(criterion) for criterion in content["eligibility"]),
    )


def _rule_content(rule: DiscordanceRule) -> Row:
    return {
        "id": rule.id,
        "quantity": rule.quantity.value,
        "source": rule.source,
        "difference": _written(rule.difference),
        "relative_percent": _written(rule.relative_percent),
        "opposite_sides": rule.opposite_sides,
    }


def _rule_from(content: Row) -> DiscordanceRule:
    return DiscordanceRule(
        content["id"],
        Quantity(content["quantity"]),
        content["source"],
        _read(content["difference"]),
        _read(content["relative_percent"]),
        content["opposite_sides"],
    )


def _criterion_content(criterion: Criterion) -> Row:
    return {
        "id": criterion.id,
        "quantity": criterion.quantity.value,
        "include": [str(bound) for bound in criterion.include],
        "exclude": [str(bound) for bound in criterion.exclude],
        "source": criterion.source,
        "note": criterion.note,
    }


def _criterion_from(content: Row) -> Criterion:
    return Criterion(
        content["id"],
        Quantity(content["quantity"]),
        tuple(bound_from(text) for text in content["include"]),
        tuple(bound_from(text) for text in content["exclude"]),
        content["source"],
        content["note"],
    )


def _written(bound: Bound | None) -> str | None:
    return None if bound is None else str(bound)


def _read(text: Any) -> Bound | None:
    return None if text is None else bound_from(text)
