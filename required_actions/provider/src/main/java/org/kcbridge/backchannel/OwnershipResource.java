package org.kcbridge.backchannel;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import org.kcbridge.login.Ownership;
import org.keycloak.models.UserModel;

/**
 * Tells the sync whether a user is the bridge's, before it writes by the Admin API: an administrator's roles are only
 * visible there to who may see every client, and who may manage users may write administrators too.
 */
public class OwnershipResource {

    private final Call call;

    OwnershipResource(Call call) {
        this.call = call;
    }

    /** Disabled users count as owned: the sync enables them again. */
    @GET
    public Response get(@PathParam("user") String id) {
        return call.answer(() -> {
            UserModel user = call.session().users().getUserById(call.realm(), id);
            if (user == null) {
                throw Refusal.notFound("no_such_user");
            }
            if (!Ownership.isOwned(user)) {
                throw Refusal.forbidden("not_owned");
            }
            return Response.noContent().build();
        }, "batch");
    }
}
