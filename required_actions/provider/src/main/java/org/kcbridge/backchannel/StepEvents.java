package org.kcbridge.backchannel;

import java.util.Set;
import org.kcbridge.action.Steps;
import org.kcbridge.login.Login;
import org.keycloak.events.Details;
import org.keycloak.events.EventBuilder;
import org.keycloak.events.EventType;
import org.keycloak.models.UserModel;

/** One Keycloak event a completed step, in the name of the application being logged in to. */
final class StepEvents {

    private StepEvents() {
    }

    static void record(Call call, Login login, UserModel user, Set<String> steps) {
        for (String step : steps) {
            EventType type = step.equals(Steps.NEW_PASSWORD) ? EventType.UPDATE_PASSWORD
                    : EventType.CUSTOM_REQUIRED_ACTION;
            new EventBuilder(call.realm(), call.session(), call.session().getContext().getConnection())
                    .event(type)
                    .client(login.session().getClient())
                    .user(user)
                    .detail(Details.USERNAME, user.getUsername())
                    .detail(Details.CUSTOM_REQUIRED_ACTION, step)
                    .success();
        }
    }
}
