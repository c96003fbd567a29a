package org.kcbridge.batch;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.keycloak.events.admin.OperationType;
import org.keycloak.events.admin.ResourceType;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.representations.idm.UserRepresentation;
import org.keycloak.services.resources.admin.AdminEventBuilder;

/** The admin events of a chunk, as the Admin API would have recorded them one by one. */
final class Trail {

    private final RealmModel realm;
    private final Function<KeycloakSession, AdminEventBuilder> begin;
    private final KeycloakSession session;
    private AdminEventBuilder shared;

    /** @param begin an event by the caller, bound to a session */
    Trail(KeycloakSession session, Function<KeycloakSession, AdminEventBuilder> begin) {
        this.session = session;
        this.realm = session.getContext().getRealm();
        this.begin = begin;
    }

    void created(UserModel user, Write write) {
        content(OperationType.CREATE, user, write);
    }

    void updated(UserModel user, Write write) {
        content(OperationType.UPDATE, user, write);
    }

    void loggedOut(UserModel user) {
        begin.apply(session).resource(ResourceType.USER).operation(OperationType.ACTION)
                .resourcePath("users", user.getId(), "logout").success();
    }

    void deleted(String id, String username) {
        UserRepresentation said = new UserRepresentation();
        said.setId(id);
        said.setUsername(username);
        begin.apply(session).resource(ResourceType.USER).operation(OperationType.DELETE)
                .resourcePath("users", id).representation(said).success();
    }

    private void content(OperationType operation, UserModel user, Write write) {
        if (shared == null) {
            shared = begin.apply(session).resource(ResourceType.USER);
        }
        if (realm.isAdminEventsDetailsEnabled()) {
            shared.representation(representation(operation, user, write));
        }
        shared.operation(operation).resourcePath("users", user.getId()).success();
    }

    /** What was sent, which for an update is not all the user has. */
    private static UserRepresentation representation(OperationType operation, UserModel user, Write write) {
        UserRepresentation said = new UserRepresentation();
        said.setEnabled(user.isEnabled());
        if (write.content() != null) {
            Content content = write.content();
            said.setUsername(content.username());
            said.setEmail(content.email());
            said.setEmailVerified(true);
            said.setFirstName(content.firstName());
            said.setLastName(content.lastName());
            Map<String, List<String>> attributes = new LinkedHashMap<>(content.attributes());
            if (operation == OperationType.CREATE) {
                write.firstAttributes().forEach(attributes::putIfAbsent);
                said.setRequiredActions(write.requiredActions());
            }
            said.setAttributes(attributes);
        }
        return said;
    }
}
