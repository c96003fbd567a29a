package org.kcbridge.backchannel;

import java.util.Collection;
import java.util.Map;
import org.kcbridge.action.Steps;
import org.kcbridge.login.Login;
import org.keycloak.events.Details;
import org.keycloak.events.EventBuilder;
import org.keycloak.events.EventType;
import org.keycloak.models.UserModel;

/**
 * One Keycloak event a step, in the name of the application being logged in to. It tells what the bridge says of the
 * step (the version of a charter, say) and which attributes were written, never their values.
 */
final class StepEvents {

    private static final String PREFIX = "kcb_";
    private static final int MOST_DETAILS = 6;

    private StepEvents() {
    }

    /** @param details step to name to text, as the bridge sent them; refused when they are more than an event should hold */
    static void check(Map<String, Map<String, String>> details, Collection<String> steps) {
        details.forEach((step, texts) -> {
            String field = "details." + step;
            if (!steps.contains(step) || texts.size() > MOST_DETAILS) {
                throw Refusal.badRequest(field);
            }
            texts.forEach((name, text) -> {
                if (!name.matches("(?!attributes$)[a-z_]{1,32}") || !text.matches("\\P{Cntrl}{0,200}")) {
                    throw Refusal.badRequest(field + "." + name);
                }
            });
        });
    }

    static void record(Call call, Login login, UserModel user, String step, Map<String, String> details,
            Collection<String> attributes) {
        EventType type = step.equals(Steps.NEW_PASSWORD) ? EventType.UPDATE_PASSWORD
                : EventType.CUSTOM_REQUIRED_ACTION;
        EventBuilder event = new EventBuilder(call.realm(), call.session(), call.session().getContext().getConnection())
                .event(type)
                .client(login.session().getClient())
                .user(user)
                .detail(Details.USERNAME, user.getUsername())
                .detail(Details.CUSTOM_REQUIRED_ACTION, step);
        details.forEach((name, text) -> event.detail(PREFIX + name, text));
        if (!attributes.isEmpty()) {
            event.detail(PREFIX + "attributes", String.join(",", attributes));
        }
        event.success();
    }
}
