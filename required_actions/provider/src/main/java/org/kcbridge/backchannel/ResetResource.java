package org.kcbridge.backchannel;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.kcbridge.login.UserLock;

/** An account that must be validated again: at the registrar's request, or under a printed provisional password. */
public class ResetResource {

    private final Call call;

    ResetResource(Call call) {
        this.call = call;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    public Response reset(@PathParam("user") String id, String text) {
        return call.answer(() -> {
            AccountReset.Request request = AccountReset.Request.read(Body.parse(text));
            UserLock.holding(call.session(), call.realm(), id, () -> {
                new AccountReset(call, call.owned(id)).apply(request);
                return null;
            }, Refusal::busy);
            return Response.noContent().build();
        }, "reset");
    }
}
