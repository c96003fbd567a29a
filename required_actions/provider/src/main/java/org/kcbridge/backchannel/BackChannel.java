package org.kcbridge.backchannel;

import jakarta.ws.rs.Path;
import org.keycloak.models.KeycloakSession;

/** The server-to-server interface of the bridge, one resource a subject. docs/protocol.md is its reference. */
public class BackChannel {

    private final Call call;

    BackChannel(KeycloakSession session) {
        this.call = new Call(session);
    }

    @Path("tickets/{ticket}")
    public TicketsResource tickets() {
        return new TicketsResource(call);
    }

    @Path("")
    public PasswordsResource passwords() {
        return new PasswordsResource(call);
    }

    @Path("activation-links")
    public LinksResource links() {
        return new LinksResource(call);
    }

    @Path("users/batch")
    public BatchResource batch() {
        return new BatchResource(call);
    }

    @Path("users")
    public ListingResource listing() {
        return new ListingResource(call);
    }

    @Path("users/{user}/owned")
    public OwnershipResource ownership() {
        return new OwnershipResource(call);
    }

    @Path("users/{user}/reset")
    public ResetResource reset() {
        return new ResetResource(call);
    }

    @Path("version")
    public VersionResource version() {
        return new VersionResource(call);
    }
}
