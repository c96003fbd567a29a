package org.kcbridge.backchannel;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;
import org.keycloak.models.UserModel;

/** What a password must be, and whether one is. */
public class PasswordsResource {

    private static final String ROLE = "passwords";

    private final Call call;

    PasswordsResource(Call call) {
        this.call = call;
    }

    @GET
    @Path("password-policy")
    public Response policy() {
        return call.answer(() -> Map.of("policies", PasswordCheck.rules(call.realm())), ROLE);
    }

    @POST
    @Path("password-check")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response check(String text) {
        return call.answer(() -> {
            Body body = Body.parse(text);
            String password = body.text("password");
            UserModel user = subject(body);
            List<Map<String, Object>> violations =
                    PasswordCheck.violations(call.session(), call.realm(), user, password);
            return Map.of("valid", violations.isEmpty(), "violations", violations);
        }, ROLE);
    }

    /** Whose password it would be: by the ticket of a login, or by the id of a user the bridge owns. */
    private UserModel subject(Body body) {
        String ticket = body.optionalText("ticket");
        String userId = body.optionalText("userId");
        if ((ticket == null) == (userId == null)) {
            throw Refusal.badRequest("ticket");
        }
        return ticket != null ? LivingLogin.of(call, ticket).user() : call.owned(userId);
    }
}
