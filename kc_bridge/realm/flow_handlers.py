"""Handlers for the flow people log in by, and for its binding to the realm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.realm.login_flow import KEYCLOAKS_FLOW

__all__ = ["FlowBinding", "LoginFlow"]

ONE_PAGE = "auth-username-password-form"
"""Keycloak's page of identifier and password, whose place ours take."""


class LoginFlow:
    """A copy of Keycloak's browser flow whose forms begin with other pages.

    A document has the flow's ``id`` and ``description``, and its ``executions`` at every depth, named by their
    authenticator (a sub-flow by its alias).
    """

    def __init__(self, admin: KeycloakAdmin, realm: str) -> None:
        self.admin, self.base = admin, f"realms/{realm}/authentication"

    def read(self, name: str) -> Mapping[str, Any] | None:
        flow = next((f for f in self.admin.get(f"{self.base}/flows") or [] if f["alias"] == name), None)
        if flow is None:
            return None
        executions = self.admin.get(f"{self.base}/flows/{name}/executions")
        named = [{"name": e.get("providerId") or e["displayName"], **e} for e in executions]
        return {"id": flow["id"], "description": flow.get("description", ""), "executions": named}

    def create(self, name: str, after: Mapping[str, Any]) -> None:
        self.admin.post(f"{self.base}/flows/{KEYCLOAKS_FLOW}/copy", {"newName": name})
        before = self._present(name)
        self.update(name, before, {**after, "id": before["id"]})

    def update(self, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        # First, so that a copy left half done by a failure still lacks a page, and is completed by the next run.
        for execution in before["executions"]:
            if execution["name"] == ONE_PAGE:
                self.admin.delete(f"{self.base}/executions/{execution['id']}")
        changed = [execution for execution in after["executions"] if execution not in before["executions"]]
        for execution in changed:
            if "id" not in execution:
                new = {"provider": execution["name"], "priority": execution["priority"]}
                self.admin.post(f"{self.base}/flows/{name} forms/executions/execution", new)
        # Keycloak makes executions switched off, wherever there is a choice.
        present = {execution["name"]: execution for execution in self._present(name)["executions"]}
        for execution in changed:
            body = {**present[execution["name"]], **execution}
            del body["name"]
            self.admin.put(f"{self.base}/flows/{name}/executions", body)
        if before["description"] != after["description"]:
            self._describe(after["id"], after["description"])

    def _present(self, name: str) -> Mapping[str, Any]:
        document = self.read(name)
        assert document is not None, f"{name} was made or read just before"
        return document

    def _describe(self, flow_id: str, description: str) -> None:
        flow = self.admin.get(f"{self.base}/flows/{flow_id}")
        self.admin.put(f"{self.base}/flows/{flow_id}", {**flow, "description": description})


class FlowBinding:
    """Which flow browsers log in by: one field of the realm, written alone, since what it names comes after the realm."""

    def __init__(self, admin: KeycloakAdmin, realm: str) -> None:
        self.admin, self.path = admin, f"realms/{realm}"

    def read(self, name: str) -> Mapping[str, Any] | None:  # noqa: ARG002
        realm = self.admin.get(self.path)
        return None if realm is None else {"browserFlow": realm["browserFlow"]}

    def create(self, name: str, after: Mapping[str, Any]) -> None:  # noqa: ARG002
        self.admin.put(self.path, after)

    def update(self, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:  # noqa: ARG002
        self.admin.put(self.path, after)
