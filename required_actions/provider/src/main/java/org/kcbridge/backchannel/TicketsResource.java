package org.kcbridge.backchannel;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kcbridge.login.Ownership;
import org.kcbridge.login.PasswordStore;
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

    /** Whose login this is; looking at it is no activity. */
    @GET
    public Response get(@PathParam("ticket") String ticket) {
        return call.answer(() -> {
            UserModel user = LivingLogin.of(call, ticket).user();
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("userId", user.getId());
            answer.put("username", user.getUsername());
            answer.put("email", user.getEmail());
            answer.put("firstName", user.getFirstName());
            answer.put("lastName", user.getLastName());
            answer.put("owned", Ownership.isOwned(user));
            answer.put("passwordWritable", PasswordStore.isWritable(call.realm(), user));
            return answer;
        }, ROLE);
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
                LivingLogin living = LivingLogin.of(call, ticket);
                return new Completion(call, living.login(), living.user()).apply(request);
            }, Refusal::busy);
        }, ROLE);
    }

    @POST
    @Path("touch")
    public Response touch(@PathParam("ticket") String ticket) {
        return call.answer(() -> {
            int left = new Tickets(session, call.realm()).touch(LivingLogin.of(call, ticket).login());
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
}
