"""What goes wrong with a directory, and who must do what: errors of ``ldap3`` made errors of ours."""

from __future__ import annotations

from ldap3.core import exceptions as raised

from kc_bridge.domain.errors import BridgeError
from kc_bridge.ldap_ports import LdapMisconfigured, LdapRefused, LdapUnavailable

__all__ = ["ours", "said"]

TRY_LATER: tuple[type[Exception], ...] = (
    raised.LDAPCommunicationError,
    raised.LDAPResponseTimeoutError,
    raised.LDAPMaximumRetriesError,
    raised.LDAPBusyResult,
    raised.LDAPUnavailableResult,
    raised.LDAPTimeLimitExceededResult,
    raised.LDAPOperationsErrorResult,
    raised.LDAPOtherResult,
    raised.LDAPNoSuchAttributeResult,  # of a change: somebody else was quicker
    raised.LDAPAttributeOrValueExistsResult,
)
REMEDIES: dict[type[Exception], tuple[str, str]] = {
    raised.LDAPInvalidCredentialsResult: (
        "refuses our password",
        "Check bind_dn and what is in password_file.",
    ),
    raised.LDAPInvalidDNSyntaxResult: ("finds a DN wrong", "Check bind_dn and base."),
    raised.LDAPConfidentialityRequiredResult: (
        "answers only when what is said is encrypted",
        "Use ldaps:// or start_tls.",
    ),
    raised.LDAPStrongerAuthRequiredResult: ("asks who we are", "Set bind_dn and password_file."),
    raised.LDAPInappropriateAuthenticationResult: ("asks who we are", "Set bind_dn and password_file."),
    raised.LDAPNoSuchObjectResult: (
        "has no such branch, or does not show it to us",
        "Check base, and what our account may read.",
    ),
    raised.LDAPSizeLimitExceededResult: (
        "gives a part of the entries only",
        "Let our account read without a limit on the number of entries (OpenLDAP: limits … size=unlimited).",
    ),
    raised.LDAPAdminLimitExceededResult: (
        "gives a part of the entries only",
        "Let our account read without a limit on the number of entries, or index what the filter names.",
    ),
    raised.LDAPInsufficientAccessRightsResult: (
        "does not let us",
        "Let our account read or write these attributes.",
    ),
    raised.LDAPReferralResult: (
        "says that another server must be asked",
        "Name that server: we follow no referral.",
    ),
    raised.LDAPInvalidFilterError: ("cannot be asked with that filter", "Correct the filter."),
    raised.LDAPInappropriateMatchingResult: ("cannot compare as the filter asks", "Correct the filter."),
}
OF_ONE_ENTRY: tuple[type[Exception], ...] = (
    raised.LDAPObjectClassViolationResult,
    raised.LDAPUndefinedAttributeTypeResult,
    raised.LDAPConstraintViolationResult,
    raised.LDAPInvalidAttributeSyntaxResult,
    raised.LDAPUnwillingToPerformResult,
    raised.LDAPNoSuchObjectResult,
    raised.LDAPInsufficientAccessRightsResult,
)


def ours(error: Exception, name: str, *, certificate: str | None, writing: bool) -> BridgeError:
    """What to raise instead of ``error`` of the server ``name``.

    ``certificate``: why the server's is not believed, if so. ``writing``: some errors are of one entry alone.
    """
    text = said(error)
    if certificate is not None:
        return LdapMisconfigured(
            f"The certificate of {name} is not to be believed: {certificate}.",
            "Name the authority's certificate in ca_file, and the server as its certificate does in url.",
        )
    if writing and isinstance(error, OF_ONE_ENTRY):
        return LdapRefused(
            f"{name} does not take the change: {text}.",
            "Check the entry's object classes, and what our account may write.",
        )
    for kind, (problem, remedy) in REMEDIES.items():
        if isinstance(error, kind):
            return LdapMisconfigured(f"{name} {problem} ({text}).", remedy)
    if isinstance(error, (*TRY_LATER, OSError)):
        return LdapUnavailable(f"{name}: {text}")
    if isinstance(error, raised.LDAPStartTLSError):
        return LdapUnavailable(f"{name}: {text}")
    return LdapMisconfigured(f"{name} cannot be used ({text}).", "Look into its log.")


def said(error: Exception) -> str:
    """What the server said, without what it was asked: that may be about people."""
    if isinstance(error, raised.LDAPOperationResult):
        description: str = getattr(error, "description", None) or type(error).__name__
        return description
    kind = type(error).__name__
    text = str(error)
    return f"{kind}: {text}" if text and len(text) < 200 else kind
