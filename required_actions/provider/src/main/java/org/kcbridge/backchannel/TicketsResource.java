package org.kcbridge.backchannel;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import org.kcbridge.login.Login;
import org.kcbridge.login.Supersession;
import org.kcbridge.login.Tickets;
import org.kcbridge.login.UserLock;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.UserModel;
import org.keycloak.sessions.RootAuthenticationSessionModel;

/** Acts on a pending login that was handed over, by its ticket. */
public class TicketsResource {

    private static final String ROLE = "tickets";

    private final Call call;
    private final KeycloakSession session;

    TicketsResource(Call call) {
        this.call = call;
        this.session = call.session();
    }

    @POST
    @Path("complete")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response complete(@PathParam("ticket") String ticket, String text) {
        return call.answer(() -> {
            Completion.Request request = Completion.Request.read(Body.parse(text));
            String userId = new Tickets(session, call.realm()).userOf(ticket)
                    .orElseThrow(() -> Refusal.gone("ticket_gone"));
            return UserLock.holding(session, call.realm(), userId, () -> {
                Login login = find(ticket);
                return new Completion(call, login, current(login)).apply(request);
            }, Refusal::busy);
        }, ROLE);
    }

    @POST
    @Path("touch")
    public Response touch(@PathParam("ticket") String ticket) {
        return call.answer(() -> {
            Login login = find(ticket);
            current(login);
            int left = new Tickets(session, call.realm()).touch(login);
            if (left <= 0) {
                throw Refusal.gone("ticket_gone");
            }
            return Map.of("expires_in", left);
        }, ROLE);
    }

    /** Ends this login (one tab); what is pending stays pending on the user. */
    @DELETE
    public Response delete(@PathParam("ticket") String ticket) {
        return call.answer(() -> {
            Tickets tickets = new Tickets(session, call.realm());
            tickets.find(ticket).login().ifPresent(login -> {
                tickets.forget(login);
                RootAuthenticationSessionModel root = login.session().getParentSession();
                root.removeAuthenticationSessionByTabId(login.session().getTabId());
            });
            return Response.noContent().build();
        }, ROLE);
    }

    private Login find(String ticket) {
        Tickets.Found found = new Tickets(session, call.realm()).find(ticket);
        return found.login().orElseThrow(() -> Refusal.gone(found.known() ? "login_gone" : "ticket_gone"));
    }

    /** The user of a login that may still write: owned, enabled, overtaken by nobody. */
    private UserModel current(Login login) {
        UserModel user = call.owned(login.session().getAuthenticatedUser());
        if (new Supersession(session, call.realm()).isSuperseded(login, user)) {
            throw Refusal.gone("superseded");
        }
        return user;
    }
}
