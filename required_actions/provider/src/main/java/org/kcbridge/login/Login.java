package org.kcbridge.login;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.keycloak.models.DefaultActionTokenKey;
import org.keycloak.services.managers.AuthenticationManager;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * What we remember of one pending login, kept in the notes of Keycloak's authentication session: it dies with it,
 * and starting the login over ({@code /login-actions/restart}) forgets it.
 */
public final class Login {

    private static final String TICKET = "kcb.ticket";
    private static final String BEGUN = "kcb.begun";
    private static final String OFFERED = "kcb.offered";
    private static final String DONE = "kcb.done";
    private static final String PASSWORD = "kcb.password";
    private static final String LINK = "kcb.link";
    private static final String REF = "kcb.ref";

    private final AuthenticationSessionModel notes;

    public Login(AuthenticationSessionModel authSession) {
        this.notes = authSession;
    }

    public AuthenticationSessionModel session() {
        return notes;
    }

    /** @return the one ticket of this login, or null before its first handoff */
    public String ticket() {
        return notes.getAuthNote(TICKET);
    }

    /** @param begun epoch seconds */
    public void begin(String ticket, int begun) {
        notes.setAuthNote(TICKET, ticket);
        notes.setAuthNote(BEGUN, String.valueOf(begun));
    }

    /** @return epoch seconds of the first handoff */
    public int begun() {
        return Integer.parseInt(notes.getAuthNote(BEGUN));
    }

    /** Steps done by the bearer of this login's ticket. */
    public Set<String> done() {
        return read(DONE);
    }

    public void markDone(Set<String> steps) {
        write(DONE, done(), steps);
    }

    /** Steps that were pending on the user at some handoff of this login; it only grows. */
    public Set<String> offered() {
        return read(OFFERED);
    }

    public void offer(Set<String> steps) {
        write(OFFERED, offered(), steps);
    }

    /** @return which password the user had when this login began, see {@link Supersession} */
    public String passwordMark() {
        return notes.getAuthNote(PASSWORD);
    }

    public void passwordMark(String mark) {
        notes.setAuthNote(PASSWORD, mark);
    }

    /** Forgets what a rival would have changed: from here on this login may meet steps of Keycloak's own. */
    public void settle() {
        notes.removeAuthNote(PASSWORD);
        notes.removeAuthNote(OFFERED);
    }

    /** @param tokenKey serialized key of the action token that began this login */
    public void beganByLink(String tokenKey, String ref) {
        notes.setAuthNote(LINK, tokenKey);
        if (ref != null) {
            notes.setAuthNote(REF, ref);
        }
    }

    /** @return key of the action token that began this login, ours or one of Keycloak's single-use ones */
    public Optional<String> link() {
        return Optional.ofNullable(notes.getAuthNote(LINK)).or(this::keycloakLink);
    }

    /** @return key of a token of Keycloak's own, which Keycloak itself revokes when the login ends */
    public Optional<String> keycloakLink() {
        return Optional.ofNullable(notes.getAuthNote(AuthenticationManager.INVALIDATE_ACTION_TOKEN));
    }

    public String ref() {
        return notes.getAuthNote(REF);
    }

    /** True when a token from a mail, and nothing else, proved who this is. */
    public boolean cameFromMail() {
        return notes.getAuthNote(DefaultActionTokenKey.ACTION_TOKEN_USER_ID) != null;
    }

    private Set<String> read(String note) {
        String value = notes.getAuthNote(note);
        return value == null ? new LinkedHashSet<>()
                : Arrays.stream(value.split(",")).filter(s -> !s.isEmpty())
                        .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private void write(String note, Set<String> old, Set<String> added) {
        old.addAll(added);
        notes.setAuthNote(note, String.join(",", old));
    }
}
