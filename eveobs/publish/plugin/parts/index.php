<?php
/**
 * The index: which post is which document.
 *
 * @package eveobs
 */

namespace Eveobs;

defined( 'ABSPATH' ) || exit;

/** The name of the table (kind, external id) → post, hash, digests. */
function table(): string {
	global $wpdb;
	return $wpdb->prefix . 'eveobs_documents';
}

/** What a post says of itself at the end of its content: kind, external id, hash, digests; or null. */
function marker( string $content ) {
	$pattern = '#<!-- eveobs:([a-z]{1,16})/([A-Za-z0-9_.-]{1,64}) ([0-9a-f]{32}) ([0-9a-f]{1,128}|-) -->#';
	if ( ! preg_match_all( $pattern, $content, $found, PREG_SET_ORDER ) ) {
		return null;
	}
	$last = end( $found );
	return array( $last[1], $last[2], $last[3], '-' === $last[4] ? '' : $last[4] );
}

/**
 * Whether a post that says it is a document may count as one: it is published, or its author could
 * publish it. A draft of a contributor never stands in for a document.
 */
function is_trusted( $post ): bool {
	return 'publish' === $post->post_status || user_can( (int) $post->post_author, 'publish_posts' );
}

/** Whether everybody may read the post of a row. */
function is_public( $row ): bool {
	return 'publish' === $row->post_status && '' === (string) $row->post_password;
}

/** Whether the user may know that the document of a row is there. */
function may_know( $row ): bool {
	return is_public( $row ) || ( (int) $row->post_id ? current_user_can( 'edit_post', (int) $row->post_id ) : current_user_can( 'edit_others_posts' ) || current_user_can( 'publish_posts' ) );
}

/**
 * Fills the table from what the posts say of themselves. Of a document and a copy that a person made
 * of it, the post that bears its slug is the document. Hashes are believed only where a post is
 * written whole or not at all.
 */
function rebuild() {
	global $wpdb;
	$after  = 0;
	$exact  = array();
	$atomic = is_atomic();
	do {
		$types = in( array_values( types() ) );
		// phpcs:ignore WordPress.DB.PreparedSQL -- `in` prepares.
		$posts = (array) $wpdb->get_results( $wpdb->prepare( "SELECT ID, post_name, post_type, post_status, post_author, post_content FROM $wpdb->posts WHERE post_type IN ($types) AND ID > %d ORDER BY ID LIMIT 200", $after ) );
		$rows  = array();
		foreach ( $posts as $post ) {
			$after = (int) $post->ID;
			$found = marker( $post->post_content );
			$named = $found && slug( $found[0], $found[1] ) === str_replace( '__trashed', '', $post->post_name );
			if ( $found && is_trusted( $post ) && 'eve_' . $found[0] === $post->post_type && ( $named || ! isset( $exact[ "$found[0]/$found[1]" ] ) ) ) {
				$exact += $named ? array( "$found[0]/$found[1]" => true ) : array();
				$whole  = $atomic && 'trash' !== $post->post_status;
				$rows[] = array( $found[0], $found[1], $post->ID, $whole ? $found[2] : '', $whole ? $found[3] : '' );
			}
		}
		put_rows( $rows );
	} while ( $posts );
}

/** A prepared list for IN (…). */
function in( array $texts ): string {
	global $wpdb;
	return $texts ? implode( ',', array_map( static fn( $text ) => $wpdb->prepare( '%s', $text ), $texts ) ) : "''";
}

/** Adds or replaces rows of kind, external id, post id, hash and digests. */
function put_rows( array $rows ) {
	global $wpdb;
	foreach ( array_chunk( $rows, 100 ) as $some ) {
		$values = array_map(
			static fn( $row ) => $wpdb->prepare( '(%s,%s,%d,%s,%s)', $row ),
			$some
		);
		// phpcs:ignore WordPress.DB.PreparedSQL -- prepared above.
		$wpdb->query( 'REPLACE INTO ' . table() . ' (kind, external_id, post_id, hash, digests) VALUES ' . implode( ',', $values ) );
	}
}

/** The rows of keys, by "kind/external id", with what their posts are (null: gone for good). */
function rows_of( array $keys ): array {
	global $wpdb;
	$by_kind = array();
	foreach ( $keys as $key ) {
		$by_kind[ $key[0] ][] = $key[1];
	}
	$found = array();
	foreach ( $by_kind as $kind => $ids ) {
		$list = in( $ids );
		// phpcs:ignore WordPress.DB.PreparedSQL -- `in` prepares.
		$rows = $wpdb->get_results( $wpdb->prepare( 'SELECT d.*, p.post_status, p.post_password FROM ' . table() . " d LEFT JOIN $wpdb->posts p ON p.ID = d.post_id WHERE d.kind = %s AND d.external_id IN ($list)", $kind ) );
		foreach ( $rows as $row ) {
			$found[ $row->kind . '/' . $row->external_id ] = $row;
		}
	}
	return $found;
}

/** Loads what `may_know` is going to need of rows in a few queries. */
function prime_rows( array $rows ) {
	$ids = array();
	foreach ( $rows as $row ) {
		if ( (int) $row->post_id && ! is_public( $row ) ) {
			$ids[] = (int) $row->post_id;
		}
	}
	if ( $ids ) {
		_prime_post_caches( $ids, false, true );
	}
}

/** A row as the operations give it. What was deleted out of the trash is there still, as trashed. */
function told( $row ): array {
	$state = 'trash' === $row->post_status || 0 === (int) $row->post_id ? 'trashed' : 'shown';
	return array( $row->kind, $row->external_id, (string) $row->post_id, $row->hash, $row->digests, $state );
}

/**
 * Forgets a post that is deleted for good. What a person had put into the trash is remembered without
 * a post when WordPress empties it, 30 days later: it is not to come back.
 */
function forget( $post_id, $post = null ) {
	global $wpdb;
	if ( ! $post || ! in_array( $post->post_type, types(), true ) ) {
		return;
	}
	if ( 'trash' === $post->post_status ) {
		// phpcs:ignore WordPress.DB.PreparedSQL -- the name of the table is ours.
		$wpdb->query( $wpdb->prepare( 'UPDATE ' . table() . " SET post_id = 0 WHERE post_id = %d AND hash = '' AND digests = ''", $post_id ) );
	}
	$wpdb->delete( table(), array( 'post_id' => $post_id ), array( '%d' ) );
}

/** Remembers that a person put a post into the trash: it is to stay there. */
function trashed( $post_id ) {
	global $wpdb;
	if ( ! Batch::$trashing && in_array( get_post_type( $post_id ), types(), true ) ) {
		$wpdb->update( table(), array( 'hash' => '', 'digests' => '' ), array( 'post_id' => $post_id ) );
	}
}
