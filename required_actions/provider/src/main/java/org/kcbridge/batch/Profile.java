package org.kcbridge.batch;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.kcbridge.login.Ownership;
import org.keycloak.models.UserModel;
import org.keycloak.services.messages.Messages;
import org.keycloak.userprofile.UserProfile;
import org.keycloak.userprofile.UserProfileContext;
import org.keycloak.userprofile.ValidationException;

/** Validates and writes what the sync says of a user, by the realm's user profile, as the Admin API does. */
final class Profile {

    private static final Set<String> TAKEN = Set.of(Messages.USERNAME_EXISTS, Messages.EMAIL_EXISTS);

    private final Accounts accounts;

    Profile(Accounts accounts) {
        this.accounts = accounts;
    }

    UserModel create(Write write) {
        Map<String, List<String>> wanted = write.content().over(write.firstAttributes());
        UserProfile profile = accounts.profiles().create(UserProfileContext.USER_API, wanted);
        validate(profile, write.content());
        UserModel user = profile.create();
        user.setEmailVerified(true);
        accounts.changed(user);
        refuseLoss(user, write.content());
        return user;
    }

    void update(UserModel user, Content content) {
        Map<String, List<String>> wanted = content.over(user.getAttributes());
        UserProfile profile = accounts.profiles().create(UserProfileContext.USER_API, wanted, user);
        validate(profile, content);
        accounts.changing(user);
        profile.update(false);
        content.attributes().forEach((name, values) -> {
            if (values.isEmpty() && user.getFirstAttribute(name) != null) {
                user.removeAttribute(name);
            }
        });
        user.setEmailVerified(true);
        accounts.changed(user);
        refuseLoss(user, content);
    }

    private void validate(UserProfile profile, Content content) {
        try {
            profile.validate();
        } catch (ValidationException invalid) {
            if (invalid.hasError(TAKEN.toArray(String[]::new))) {
                throw new RowRefused(Outcome.Status.CONFLICT, whose(content, invalid));
            }
            throw new RowRefused(Outcome.Status.INVALID, invalid.getErrors().stream()
                    .map(error -> error.getAttribute() + " " + error.getMessage()).sorted().distinct()
                    .collect(Collectors.joining("; ")));
        }
    }

    /** Which name is taken, and by whom: the remedy differs. */
    private String whose(Content content, ValidationException invalid) {
        return invalid.getErrors().stream().filter(error -> TAKEN.contains(error.getMessage()))
                .map(error -> error.getAttribute() + " taken by " + owner(
                        error.getAttribute().equals(UserModel.EMAIL) ? content.email() : content.username()))
                .sorted().collect(Collectors.joining("; "));
    }

    private String owner(String name) {
        var users = accounts.session().users();
        var realm = accounts.session().getContext().getRealm();
        return Stream.of(users.getUserByUsername(realm, name), users.getUserByEmail(realm, name))
                .filter(user -> user != null).findFirst()
                .map(user -> (Ownership.isOwned(user) ? "another user of ours, " : "a user that is not ours, ") + user.getId())
                .orElse("another row of this batch");
    }

    /** Keycloak drops without a word what its profile does not declare or nobody may edit. */
    private static void refuseLoss(UserModel user, Content content) {
        if (content.isTaken(user)) {
            return;
        }
        throw new HalfWritten("not taken by the realm's user profile: " + content.lost(user));
    }
}
