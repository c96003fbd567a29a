package org.kcbridge.backchannel;

import org.kcbridge.login.Login;
import org.kcbridge.login.Supersession;
import org.kcbridge.login.Tickets;
import org.keycloak.models.UserModel;

/** The login a ticket stands for, and its user as of now: served by the bridge, enabled, overtaken by nobody. */
record LivingLogin(Login login, UserModel user) {

    /** Throws a {@link Refusal} when there is none, or it may no longer do anything. */
    static LivingLogin of(Call call, String ticket) {
        Tickets.Found found = new Tickets(call.session(), call.realm()).find(ticket);
        Login login = found.login().orElseThrow(() -> Refusal.gone(found.known() ? "login_gone" : "ticket_gone"));
        UserModel user = call.served(login.session().getAuthenticatedUser());
        if (new Supersession(call.session(), call.realm()).isSuperseded(login, user)) {
            throw Refusal.gone("superseded");
        }
        return new LivingLogin(login, user);
    }
}
